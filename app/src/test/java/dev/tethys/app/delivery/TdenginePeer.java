package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** TDengine 3 by a double of its documentation, written by lines or by SQL. */
final class TdenginePeer implements Peer {
  private static final Pattern NAME = Pattern.compile("_x([0-9A-F]{2})");
  private static final Pattern VALUE = Pattern.compile("%([0-9A-F]{2})");
  private static final int MOST_BY_SQL = 4095;
  private static final int MOST_BY_LINES = 4096;

  private final TdengineDouble td = new TdengineDouble();
  private final boolean lines;

  TdenginePeer(boolean lines) throws IOException {
    this.lines = lines;
  }

  private String protocol() {
    return lines ? "lines" : "sql";
  }

  @Override
  public int port() {
    return td.port();
  }

  @Override
  public String exporter() {
    return "tdengine";
  }

  @Override
  public String exporterKeys(int at) {
    return "endpoint: 'http://127.0.0.1:" + at + "', protocol: " + protocol();
  }

  @Override
  public String store(int at) {
    return "{name: far, type: tdengine, protocol: "
        + protocol()
        + ", url: 'http://127.0.0.1:"
        + at
        + "', basic_auth: {username: root, password: taosdata}}";
  }

  @Override
  public String exporterKeys(int at, String name) {
    return exporterKeys(at) + ", " + named() + ": '" + name + "'";
  }

  @Override
  public String store(int at, String name) {
    return store(at).replace("{name: far", "{name: " + name + ", " + named() + ": " + name);
  }

  private String named() {
    return lines ? "database" : "table";
  }

  @Override
  public @Nullable String refusal(Labels labels, double value) {
    int most = lines ? MOST_BY_LINES : MOST_BY_SQL;
    return labels.canonicalBytes().length > most ? "labels_too_long" : null;
  }

  @Override
  public void read(Found into) {
    Map<Map<String, String>, Labels> seen = new HashMap<>();
    td.forEach(
        "tethys",
        (table, tags, time, columns) -> {
          Map<String, String> all = new HashMap<>(tags);
          if (lines) {
            all.put(" table", table);
          }
          Labels labels = seen.computeIfAbsent(all, t -> labels(table, tags));
          Object value = columns.get("value");
          into.sample(
              labels,
              time,
              value == null
                  ? Found.notFinite(String.valueOf(columns.get(lines ? "value_text" : "mark")))
                  : (Double) value);
        });
  }

  private Labels labels(String table, Map<String, String> tags) {
    Map<String, String> labels = new HashMap<>();
    tags.forEach(
        (k, v) -> labels.put(Found.unescape(lines ? NAME : VALUE, k), Found.unescape(VALUE, v)));
    return Found.labels(
        lines ? Found.unescape(NAME, table) : String.valueOf(labels.remove("__name__")), labels);
  }

  @Override
  public boolean killAndRestart() throws InterruptedException {
    td.restart();
    return true;
  }

  @Override
  public void close() {
    td.close();
  }
}
