package dev.tethys.web.cloud;

import java.util.Map;

/** Domains of Oracle Cloud's regions. */
public final class OciRealm {
  private static final String COMMERCIAL = "oraclecloud.com";

  /** Domains of the regions outside the commercial realm. */
  private static final Map<String, String> DOMAINS =
      Map.ofEntries(
          Map.entry("us-langley-1", "oraclegovcloud.com"),
          Map.entry("us-luke-1", "oraclegovcloud.com"),
          Map.entry("us-gov-ashburn-1", "oraclegovcloud.com"),
          Map.entry("us-gov-chicago-1", "oraclegovcloud.com"),
          Map.entry("us-gov-phoenix-1", "oraclegovcloud.com"),
          Map.entry("uk-gov-london-1", "oraclegovcloud.uk"),
          Map.entry("uk-gov-cardiff-1", "oraclegovcloud.uk"),
          Map.entry("ap-chiyoda-1", "oraclecloud8.com"),
          Map.entry("ap-ibaraki-1", "oraclecloud8.com"),
          Map.entry("me-dcc-muscat-1", "oraclecloud9.com"),
          Map.entry("ap-dcc-canberra-1", "oraclecloud10.com"),
          Map.entry("eu-frankfurt-2", "oraclecloud.eu"),
          Map.entry("eu-madrid-2", "oraclecloud.eu"));

  private OciRealm() {}

  /**
   * Returns the domain of a region.
   *
   * @param otherwise domain of unknown regions; empty for that of the commercial realm
   */
  public static String domain(String region, String otherwise) {
    return DOMAINS.getOrDefault(region, otherwise.isEmpty() ? COMMERCIAL : otherwise);
  }
}
