package dev.tethys.collect.observe.request;

import java.util.regex.Pattern;

/** Domain names without the parts that differ from request to request, as in Coroot. */
final class DomainNames {
  private static final Pattern EC2 =
      Pattern.compile("^ip-\\d+-\\d+-\\d+-\\d+\\.(ec2(?:\\.internal)?)$");
  private static final Pattern SEARCH_PATH =
      Pattern.compile("^(.+\\.(?:com|net|org|io))\\.(?:.*\\.)?cluster\\.local$");

  private DomainNames() {}

  /**
   * Name for a label.
   *
   * @param type such as {@code TypePTR}
   */
  static String normalised(String name, String type) {
    if (type.equals("TypePTR")) {
      return name.endsWith(".ip6.arpa") ? "IP.ip6.arpa" : "IP.in-addr.arpa";
    }
    String ec2 = EC2.matcher(name).replaceFirst("IP.$1");
    return SEARCH_PATH.matcher(ec2).replaceFirst("$1.search_path_suffix");
  }
}
