package dev.tethys.collect.exporter.haproxy;

import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.process.PidFileProcess;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.model.DeadlineTimer;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.Params;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the statistics of an HAProxy, over HTTP or its command socket. */
final class HaproxyStats implements MetricsSource {
  private static final System.Logger LOG = JulLogger.of(HaproxyStats.class.getName());

  /** Maximum size of a response in bytes. */
  private static final int MAX_ANSWER = 256 << 20;

  /** Number of columns in HAProxy 1.4 up to the one with the type of a row. */
  private static final int LEAST_COLUMNS = 33;

  private static final int KIND = 32;
  private static final int PIECE = 16 << 10;
  private static final Set<String> GOOD =
      Set.of("UP", "UP 1/3", "UP 2/3", "OPEN", "no check", "DRAIN");

  private final URI uri;
  private final Duration timeout;
  private final Set<Integer> serverColumns = new HashSet<>();
  private final Set<String> excluded;
  private final @Nullable WebClient client;
  private final @Nullable PidFileProcess process;
  private final LongAdder scrapes = new LongAdder();
  private final LongAdder failures = new LongAdder();

  HaproxyStats(ExporterSettings settings, ExporterDependencies dependencies) throws IOException {
    String text = settings.get("haproxy.scrape-uri");
    try {
      this.uri = UrlText.read(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "--haproxy.scrape-uri is not a valid URL: " + e.getReason(), e);
    }
    String pidFile = settings.get("haproxy.pid-file");
    this.process = pidFile.isEmpty() ? null : new PidFileProcess("haproxy", Path.of(pidFile));
    this.timeout = Duration.ofMillis(settings.millis("haproxy.timeout"));
    this.excluded = Set.of(settings.get("haproxy.server-exclude-states").split(",", -1));
    for (String f : settings.get("haproxy.server-metric-fields").split(",")) {
      try {
        if (!f.isEmpty()) {
          serverColumns.add(Integer.parseInt(f));
        }
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "--haproxy.server-metric-fields: invalid server metric field number: " + f, e);
      }
    }
    String scheme = String.valueOf(uri.getScheme());
    switch (scheme) {
      case "http", "https" -> {
        if (UrlHost.of(uri) == null) {
          throw new IllegalArgumentException("--haproxy.scrape-uri names no host");
        }
        this.client = dependencies.clients().client(config(settings));
      }
      case "unix" -> this.client = null;
      case "tcp" -> {
        if (UrlHost.of(uri) == null || UrlHost.port(uri) < 0) {
          throw new IllegalArgumentException("--haproxy.scrape-uri must be tcp://host:port");
        }
        this.client = null;
      }
      default ->
          throw new IllegalArgumentException(
              "--haproxy.scrape-uri: unsupported scheme: \"" + scheme + "\"");
    }
  }

  /** Returns the client configuration; the user in the URL becomes basic authentication. */
  private HttpClientConfig config(ExporterSettings settings) {
    String user = uri.getRawUserInfo();
    HttpClientConfig.BasicAuth basic = null;
    if (user != null) {
      int colon = user.indexOf(':');
      basic =
          new HttpClientConfig.BasicAuth(
              Params.decodePath(colon < 0 ? user : user.substring(0, colon)),
              "",
              new Secret(colon < 0 ? "" : Params.decodePath(user.substring(colon + 1))),
              "");
    }
    TlsConfig d = TlsConfig.DEFAULT;
    return new HttpClientConfig(
        basic,
        null,
        null,
        settings.bool("haproxy.ssl-verify")
            ? d
            : new TlsConfig(
                d.ca(),
                d.caFile(),
                d.cert(),
                d.certFile(),
                d.key(),
                d.keyFile(),
                d.serverName(),
                true,
                d.minVersion(),
                d.maxVersion()),
        true,
        true,
        new ProxyConfig(null, "", settings.bool("http.proxy-from-env"), Map.of()),
        Map.of());
  }

  @Override
  public List<MetricFamily> collect(Probe probe) throws InterruptedException {
    scrapes.increment();
    FamilyBuilder found = new FamilyBuilder();
    boolean up;
    try {
      Duration t = probe.limit(Duration.ofMillis(500), timeout);
      Duration limit = t.compareTo(timeout) < 0 ? t : timeout;
      if (client == null) {
        info(ask("show info\n", limit), found);
      }
      try (InputStream in = client == null ? ask("show stat\n", limit) : fetch(client, limit)) {
        rows(in, found);
      }
      up = true;
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Can''t scrape HAProxy: {0}", e.getMessage());
      up = false;
    }
    found.gauge("haproxy_up", "Was the last scrape of HAProxy successful.", up ? 1 : 0);
    found.set(
        MetricType.COUNTER,
        "haproxy_exporter_scrapes_total",
        "Current total HAProxy scrapes.",
        Labels.EMPTY,
        (double) scrapes.sum());
    found.set(
        MetricType.COUNTER,
        "haproxy_exporter_csv_parse_failures_total",
        "Number of errors while parsing CSV.",
        Labels.EMPTY,
        (double) failures.sum());
    return process == null ? found.families() : joined(found.families(), process.families());
  }

  private static List<MetricFamily> joined(List<MetricFamily> one, List<MetricFamily> other) {
    return Stream.concat(one.stream(), other.stream()).toList();
  }

  private InputStream fetch(WebClient http, Duration limit)
      throws IOException, InterruptedException {
    URI plain = uri;
    if (uri.getRawUserInfo() != null) {
      plain = URI.create(uri.toString().replace(uri.getRawUserInfo() + "@", ""));
    }
    try (ClientResponse a = http.send(ClientRequest.get(plain).withTimeout(limit))) {
      if (a.status() / 100 != 2) {
        throw new IOException("HTTP status " + a.status());
      }
      return new ByteArrayInputStream(a.bytes(MAX_ANSWER));
    }
  }

  /** Returns the response to a command on the socket. */
  private InputStream ask(String command, Duration limit) throws IOException {
    SocketAddress address =
        String.valueOf(uri.getScheme()).equals("unix")
            ? UnixDomainSocketAddress.of(path())
            : new InetSocketAddress(UrlHost.of(uri), UrlHost.port(uri));
    long deadline = System.nanoTime() + limit.toNanos();
    try (SocketChannel channel =
        SocketChannel.open(
            address instanceof UnixDomainSocketAddress
                ? java.net.StandardProtocolFamily.UNIX
                : java.net.StandardProtocolFamily.INET)) {
      DeadlineTimer alarm = DeadlineTimer.closing(channel, deadline);
      try (alarm) {
        channel.connect(address);
        channel.write(ByteBuffer.wrap(command.getBytes(StandardCharsets.US_ASCII)));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        while (channel.read(piece) >= 0) {
          all.write(piece.array(), 0, piece.position());
          piece.clear();
          if (all.size() > MAX_ANSWER) {
            throw new IOException("the response is larger than " + MAX_ANSWER + " bytes");
          }
        }
        return new ByteArrayInputStream(all.toByteArray());
      } catch (ClosedChannelException e) {
        throw alarm.hasRung() ? new IOException("HAProxy did not answer in time", e) : e;
      }
    }
  }

  private String path() {
    String s = uri.getPath() != null ? uri.getPath() : uri.getSchemeSpecificPart();
    return s;
  }

  private static void info(InputStream in, FamilyBuilder to) throws IOException {
    String release = "";
    String version = "";
    double idle = -1;
    for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
      int colon = line.indexOf(": ");
      String value = colon < 0 ? "" : line.substring(colon + 2);
      switch (colon < 0 ? "" : line.substring(0, colon)) {
        case "Release_date" -> release = value;
        case "Version" -> version = value;
        case "Idle_pct" -> {
          try {
            idle = Double.parseDouble(value);
          } catch (NumberFormatException e) {
            // then it is unknown
          }
        }
        default -> {
          // the rest is not shown
        }
      }
    }
    to.set(
        MetricType.GAUGE,
        "haproxy_version_info",
        "HAProxy version info.",
        Labels.of(Map.of("release_date", release, "version", version)),
        1);
    if (idle >= 0 && idle <= 100) {
      to.gauge(
          "haproxy_process_idle_time_percent",
          "Time spent waiting for events instead of processing them.",
          idle);
    }
  }

  private void rows(InputStream in, FamilyBuilder to) throws IOException {
    CsvRecords csv =
        new CsvRecords(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
    while (true) {
      try {
        List<String> row = csv.next();
        if (row == null) {
          return;
        }
        row(row, to);
      } catch (CsvRecords.MalformedException e) {
        failures.increment();
        LOG.log(Level.ERROR, "Can''t read CSV: {0}", e.getMessage());
      }
    }
  }

  private void row(List<String> row, FamilyBuilder to) {
    if (row.size() < LEAST_COLUMNS) {
      failures.increment();
      LOG.log(
          Level.ERROR,
          "Parser received unexpected number of CSV fields: {0} instead of {1} or more",
          row.size(),
          LEAST_COLUMNS);
      return;
    }
    String proxy = row.get(0);
    switch (row.get(KIND)) {
      case "0" -> columns(HaproxyColumn.FRONTEND, row, Map.of("frontend", proxy), to);
      case "1" -> columns(HaproxyColumn.BACKEND, row, Map.of("backend", proxy), to);
      case "2" -> {
        String status = row.get(HaproxyColumn.STATUS);
        if (!excluded.contains(status)) {
          columns(
              HaproxyColumn.SERVER.stream().filter(c -> serverColumns.contains(c.index())).toList(),
              row,
              Map.of("backend", proxy, "server", row.get(1)),
              to);
        }
      }
      default -> {
        // listeners are not shown
      }
    }
  }

  private void columns(
      List<HaproxyColumn> columns, List<String> row, Map<String, String> labels, FamilyBuilder to) {
    Labels plain = Labels.of(labels);
    for (HaproxyColumn c : columns) {
      String text = c.index() < row.size() ? row.get(c.index()) : "";
      if (text.isEmpty()) {
        continue;
      }
      double value;
      try {
        value =
            c.index() == HaproxyColumn.STATUS
                ? GOOD.contains(text) ? 1 : 0
                : c.isMillis() ? Double.parseDouble(text) / 1000 : (double) Long.parseLong(text);
      } catch (NumberFormatException e) {
        failures.increment();
        LOG.log(Level.ERROR, "Can''t parse CSV field value {0}", text);
        continue;
      }
      Labels l = plain;
      if (!c.code().isEmpty()) {
        Map<String, String> m = new HashMap<>(labels);
        m.put("code", c.code());
        l = Labels.of(m);
      }
      to.set(c.type(), c.name(), c.help(), l, value);
    }
  }
}
