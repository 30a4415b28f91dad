package dev.tethys.collect.database.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Server in the list of {@code CLUSTER NODES}: {@code id host:port@bus[,hostname] flags …}.
 *
 * @param host address
 * @param name host name, {@code ""} if it is not announced
 * @param master whether the server holds slots and is not a replica
 */
record ClusterNode(String host, int port, String name, boolean master) {
  private static final Pattern ADDRESS = Pattern.compile("(.+):(\\d{1,5})@\\d+(?:,([^,]*))?.*");

  static List<ClusterNode> parse(String text) {
    List<ClusterNode> out = new ArrayList<>();
    for (String line : text.split("\n")) {
      String[] f = line.trim().split("\\s+");
      Matcher m = f.length < 3 ? null : ADDRESS.matcher(f[1]);
      if (m != null && m.matches()) {
        String name = m.group(3);
        out.add(
            new ClusterNode(
                m.group(1),
                Integer.parseInt(m.group(2)),
                name == null ? "" : name,
                List.of(f[2].split(",")).contains("master")));
      }
    }
    return out;
  }
}
