// Which versions of the server the development node is made of.

/** The distribution that Maven Central carries, and the official container image of the same version. */
export const DISTRIBUTION_VERSION = "3.8.0";
/** The oldest Java that the distribution starts on. */
export const DISTRIBUTION_JAVA_MIN = 21;
/** The jars of the analysis-icu plugin for that version. Its own zip is not published, so the folder is put together here. */
export const ICU_ARTIFACTS = [
  "org.opensearch.plugin:analysis-icu-client:3.8.0",
  "org.apache.lucene:lucene-analysis-icu:10.5.0",
  "com.ibm.icu:icu4j:77.1",
] as const;

/** The embedded runner for machines that only have Java 17. There is no ICU plugin for it. */
export const EMBEDDED_VERSION = "2.19.1.0";
export const EMBEDDED_JAVA_MIN = 17;
/** 2.19 asks for a security manager, which Java 24 no longer has. */
export const EMBEDDED_JAVA_MAX = 23;
