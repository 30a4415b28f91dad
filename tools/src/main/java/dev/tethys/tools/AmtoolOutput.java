package dev.tethys.tools;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.codec.template.GoTime;
import java.io.PrintStream;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Output of amtool in its three formats. */
final class AmtoolOutput {
  private static final Set<String> FORMS = Set.of("simple", "extended", "json");

  private final PrintStream out;
  private final String form;
  private final String dates;

  AmtoolOutput(Command.Arguments a, PrintStream out) {
    this.out = out;
    this.form = form(a);
    this.dates = a.flags().get("date.format");
  }

  /** Output format; an unknown one is an error even for commands that print nothing. */
  static String form(Command.Arguments a) {
    String form = a.flags().get("output");
    if (!FORMS.contains(form)) {
      throw AmtoolErrors.error(
          "enum value must be one of simple,extended,json, got '" + form + "'");
    }
    return form;
  }

  /** Columns as wide as their widest cell plus two blanks. */
  private static final class Columns {
    private final List<String[]> rows = new ArrayList<>();

    void row(String... cells) {
      rows.add(cells);
    }

    void print(PrintStream to) {
      int n = rows.stream().mapToInt(r -> r.length).max().orElse(0);
      int[] width = new int[n];
      for (String[] r : rows) {
        for (int i = 0; i < r.length; i++) {
          width[i] = Math.max(width[i], r[i].codePointCount(0, r[i].length()) + 2);
        }
      }
      for (String[] r : rows) {
        StringBuilder sb = new StringBuilder();
        for (int i = 0; i < r.length; i++) {
          sb.append(r[i]).append(" ".repeat(width[i] - r[i].codePointCount(0, r[i].length())));
        }
        to.print(sb.append('\n'));
      }
    }
  }

  private void json(JsonNode n) {
    StringBuilder sb = new StringBuilder();
    for (char c : AmtoolServer.JSON.writeValueAsString(n).toCharArray()) {
      // Go writes these so in every text, and they occur in strings only.
      switch (c) {
        case '<', '>', '&', '\u2028', '\u2029' -> sb.append(String.format("\\u%04x", (int) c));
        default -> sb.append(c);
      }
    }
    out.print(sb.append('\n'));
  }

  private String date(JsonNode n) {
    return GoTime.utc(instant(n)).format(dates);
  }

  static Instant instant(JsonNode n) {
    return OffsetDateTime.parse(n.asString()).toInstant();
  }

  private static List<JsonNode> sorted(JsonNode list, String by) {
    List<JsonNode> all = new ArrayList<>();
    list.forEach(all::add);
    all.sort(Comparator.comparing(n -> instant(n.path(by))));
    return all;
  }

  static LabelMatcher matcher(JsonNode m) {
    return LabelMatcher.of(
        LabelMatcher.Type.of(
            !m.has("isEqual") || m.path("isEqual").asBoolean(), m.path("isRegex").asBoolean()),
        m.path("name").asString(),
        m.path("value").asString());
  }

  private static String matchers(JsonNode silence, String between) {
    List<String> all = new ArrayList<>();
    silence.path("matchers").forEach(m -> all.add(matcher(m).toString()));
    return String.join(between, all);
  }

  private static String pairs(JsonNode labels) {
    List<String> all = new ArrayList<>();
    labels.properties().forEach(e -> all.add(e.getKey() + "=\"" + e.getValue().asString() + "\""));
    all.sort(null);
    return String.join(" ", all);
  }

  /** Silences that come again: the next time of each, and in the extended form the schedule. */
  void recurring(JsonNode all) {
    if (form.equals("json")) {
      json(all);
      return;
    }
    boolean extended = form.equals("extended");
    Columns c = new Columns();
    c.row("ID", "Matchers", "Next", "Until", "Created By", extended ? "Schedule" : "Comment");
    for (JsonNode s : all) {
      JsonNode next = s.path("next");
      String when =
          next.isMissingNode()
              ? "-"
              : next.path("active").asBoolean()
                  ? "now, until " + date(next.path("endsAt"))
                  : date(next.path("startsAt"));
      c.row(
          s.path("id").asString(),
          matchers(s, " "),
          when,
          s.has("until") ? date(s.path("until")) : "-",
          s.path("createdBy").asString(),
          extended
              ? s.path("schedule").asString().strip().replaceAll("\\s+", " ")
              : s.path("comment").asString());
    }
    c.print(out);
  }

  /** Prints the next times of a planned silence, and the matching alerts. */
  void preview(JsonNode times, JsonNode alerts) {
    if (form.equals("json")) {
      JsonNode both =
          AmtoolServer.JSON.createObjectNode().set("times", times).set("alerts", alerts);
      json(both);
      return;
    }
    Columns c = new Columns();
    c.row("Starts At", "Ends At");
    times.forEach(t -> c.row(date(t.path("startsAt")), date(t.path("endsAt"))));
    c.print(out);
    out.println();
    alerts(alerts);
  }

  /** The alerts that have to come. */
  void heartbeats(JsonNode all) {
    if (form.equals("json")) {
      json(all);
      return;
    }
    Columns c = new Columns();
    c.row("Name", "Matchers", "Last Heard", "State");
    for (JsonNode h : all) {
      c.row(
          h.path("name").asString(),
          h.path("matchers").asString(),
          date(h.path("heardAt")),
          h.path("missing").asBoolean()
              ? "missing since " + date(h.path("missingSince"))
              : "heard");
    }
    c.print(out);
  }

  void alerts(JsonNode alerts) {
    if (form.equals("json")) {
      json(alerts);
      return;
    }
    Columns c = new Columns();
    boolean simple = form.equals("simple");
    if (simple) {
      c.row("Alertname", "Starts At", "Summary", "State");
    } else {
      c.row("Labels", "Annotations", "Starts At", "Ends At", "Generator URL", "State");
    }
    for (JsonNode a : sorted(alerts, "startsAt")) {
      String state = a.path("status").path("state").asString("");
      if (simple) {
        c.row(
            a.path("labels").path("alertname").asString(""),
            date(a.path("startsAt")),
            a.path("annotations").path("summary").asString(""),
            state);
      } else {
        c.row(
            pairs(a.path("labels")),
            pairs(a.path("annotations")),
            date(a.path("startsAt")),
            date(a.path("endsAt")),
            a.path("generatorURL").asString(""),
            state);
      }
    }
    c.print(out);
  }

  void silences(JsonNode silences) {
    if (form.equals("json")) {
      json(silences);
      return;
    }
    Columns c = new Columns();
    boolean simple = form.equals("simple");
    if (simple) {
      c.row("ID", "Matchers", "Ends At", "Created By", "Comment");
    } else {
      c.row("ID", "Matchers", "Starts At", "Ends At", "Updated At", "Created By", "Comment");
    }
    for (JsonNode s : sorted(silences, "endsAt")) {
      List<String> row = new ArrayList<>();
      row.add(s.path("id").asString());
      row.add(simple ? matchers(s, " ") : "{" + matchers(s, ",") + "}");
      if (!simple) {
        row.add(date(s.path("startsAt")));
      }
      row.add(date(s.path("endsAt")));
      if (!simple) {
        row.add(date(s.path("updatedAt")));
      }
      row.add(s.path("createdBy").asString(""));
      row.add(s.path("comment").asString(""));
      c.row(row.toArray(String[]::new));
    }
    c.print(out);
  }

  void config(JsonNode status) {
    if (form.equals("json")) {
      json(status);
      return;
    }
    out.print(status.path("config").path("original").asString("") + "\n");
    if (form.equals("extended")) {
      JsonNode v = status.path("versionInfo");
      for (String name :
          List.of("buildUser", "goVersion", "revision", "version", "branch", "buildDate")) {
        out.print(name + " " + v.path(name).asString("") + "\n");
      }
      out.print("uptime " + status.path("uptime").asString("") + "\n");
    }
  }

  void cluster(JsonNode cluster) {
    if (form.equals("json")) {
      json(cluster);
      return;
    }
    out.print("Cluster Status:  " + cluster.path("status").asString("") + "\n");
    out.print("Node Name:       " + cluster.path("name").asString("") + "\n");
    if (form.equals("extended")) {
      out.print("\n");
      List<JsonNode> peers = new ArrayList<>();
      cluster.path("peers").forEach(peers::add);
      peers.sort(AmtoolOutput::byAddress);
      int address = 7;
      int name = 0;
      for (JsonNode p : peers) {
        address = Math.max(address, p.path("address").asString("").length());
        name = Math.max(name, p.path("name").asString("").length());
      }
      out.print("Address" + " ".repeat(address + 2 - 7) + "Name\n");
      for (JsonNode p : peers) {
        String a = p.path("address").asString("");
        String n = p.path("name").asString("");
        out.print(
            a
                + " ".repeat(address + 2 - a.length())
                + n
                + " ".repeat(name + 2 - n.length())
                + "\n");
      }
    }
  }

  /** Compares by the bytes of the address, then by port. */
  private static int byAddress(JsonNode a, JsonNode b) {
    String x = a.path("address").asString("");
    String y = b.path("address").asString("");
    int ports = Integer.compare(port(x), port(y));
    int hosts = Arrays.compareUnsigned(host(x), host(y));
    return hosts != 0 ? hosts : ports;
  }

  private static int port(String address) {
    try {
      return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static byte[] host(String address) {
    String h =
        address.substring(0, Math.max(0, address.lastIndexOf(':'))).replaceAll("[\\[\\]]", "");
    try {
      byte[] b = h.isEmpty() ? new byte[0] : java.net.InetAddress.ofLiteral(h).getAddress();
      if (b.length != 4) {
        return b;
      }
      byte[] mapped = new byte[16];
      mapped[10] = -1;
      mapped[11] = -1;
      System.arraycopy(b, 0, mapped, 12, 4);
      return mapped;
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }
}
