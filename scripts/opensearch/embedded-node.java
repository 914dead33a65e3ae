// One embedded node on loopback: started from this source, stopped by SIGTERM.

import static org.codelibs.opensearch.runner.OpenSearchRunner.newConfigs;

import org.codelibs.opensearch.runner.OpenSearchRunner;

public class EmbeddedNode {
  /** Arguments: data folder, HTTP port. */
  public static void main(String[] arguments) throws Exception {
    String folder = arguments[0];
    String port = arguments[1];
    OpenSearchRunner runner = new OpenSearchRunner();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
    runner.onBuild((number, settings) -> {
      settings.put("http.port", port);
      settings.put("transport.port", "0");
      settings.put("network.host", "127.0.0.1");
      settings.put("discovery.type", "single-node");
      settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
      settings.put("node.store.allow_mmap", false);
      settings.put("action.auto_create_index", false);
      settings.putList("path.repo", folder + "/snapshots");
    });
    runner.build(newConfigs().basePath(folder).clusterName("thermocline-dev").numOfNode(1).useLogger());
    Thread.currentThread().join();
  }

  private static void close(OpenSearchRunner runner) {
    try {
      runner.close();
    } catch (Exception error) {
      error.printStackTrace();
    }
  }
}
