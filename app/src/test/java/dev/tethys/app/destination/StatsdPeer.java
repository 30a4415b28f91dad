package dev.tethys.app.destination;

import dev.tethys.model.Labels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server of DogStatsD's lines with times (protocol 1.3) over TCP, made from Datadog's
 * documentation. It keeps every line of a connection that has come to its end or was broken off.
 */
final class StatsdPeer implements Peer {
  private static final Pattern LINE =
      Pattern.compile("([^:|]+):([^|]+)\\|g(?:\\|#([^|]*))?\\|T(\\d+)");

  private final int port;
  private final List<String> lines = new ArrayList<>(); // guarded by itself
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile ServerSocket listening;

  StatsdPeer() throws IOException {
    listening = listen(0);
    port = listening.getLocalPort();
  }

  private ServerSocket listen(int at) throws IOException {
    ServerSocket s = new ServerSocket(at, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> accept(s));
    return s;
  }

  private void accept(ServerSocket at) {
    while (!at.isClosed()) {
      try {
        Socket s = at.accept();
        open.add(s);
        Thread.ofVirtual().start(() -> read(s));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void read(Socket s) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      s.getInputStream().transferTo(all);
    } catch (IOException e) {
      // what came before that was read
    }
    String text = all.toString(StandardCharsets.UTF_8);
    // Of what broke off, the last line may be half of one.
    List<String> here = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    synchronized (lines) {
      lines.addAll(here);
    }
    open.remove(s);
    try {
      s.close(); // which says that all of it is kept
    } catch (IOException e) {
      // nobody waits for it
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public String exporter() {
    return "statsd";
  }

  @Override
  public String exporterKeys(int at) {
    return "endpoint: '127.0.0.1:"
        + at
        + "', transport: tcp, timestamps: true, histograms: drop, timeout: 2s";
  }

  @Override
  public @Nullable String refusal(Labels labels, double value) {
    return Double.isFinite(value) ? null : "not_finite";
  }

  @Override
  public Histograms histograms() {
    return Histograms.DROPPED;
  }

  @Override
  public boolean isHttp() {
    return false;
  }

  @Override
  public boolean isIdempotent() {
    return false;
  }

  @Override
  public boolean killAndRestart() throws IOException, InterruptedException {
    listening.close();
    for (Socket s : open) {
      s.setSoLinger(true, 0);
      s.close();
    }
    TestPipeline.await(
        "its port is free",
        DestinationContract.PATIENCE,
        () -> {
          try {
            listening = listen(port);
            return true;
          } catch (IOException e) {
            return false; // a connection was accepted meanwhile
          }
        });
    return true;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  @Override
  public void read(Found into) {
    Map<String, Labels> seen = new HashMap<>();
    List<String> all;
    synchronized (lines) {
      all = List.copyOf(lines);
    }
    for (String line : all) {
      Matcher m = LINE.matcher(line);
      if (!m.matches()) {
        throw new AssertionError("no line: " + line);
      }
      String tags = m.group(3) == null ? "" : m.group(3);
      Labels labels =
          seen.computeIfAbsent(
              m.group(1) + '|' + tags,
              k -> {
                Map<String, String> own = new HashMap<>();
                for (String tag : tags.isEmpty() ? new String[0] : tags.split(",")) {
                  int colon = tag.indexOf(':');
                  own.put(decoded(tag.substring(0, colon)), decoded(tag.substring(colon + 1)));
                }
                return Found.labels(decoded(m.group(1)), own);
              });
      into.sample(labels, Long.parseLong(m.group(4)) * 1000, Double.parseDouble(m.group(2)));
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket s : open) {
      s.close();
    }
  }
}
