// Who follows the log: under these names the hot store keeps removals that the two indexes have not seen yet.

export const FULLTEXT_FOLLOWER = "fulltext";
export const COLD_FOLLOWER = "cold";
