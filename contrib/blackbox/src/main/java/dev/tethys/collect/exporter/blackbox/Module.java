package dev.tethys.collect.exporter.blackbox;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Probe module.
 *
 * @param prober name of the part that applies
 * @param timeout zero for the request's timeout
 * @param missing unsupported feature that the module needs, {@code ""} for none: such a module is
 *     rejected when requested, so that the other modules in the file remain usable
 */
record Module(
    String prober,
    Duration timeout,
    HttpModule http,
    TcpModule tcp,
    DnsModule dns,
    IcmpModule icmp,
    GrpcModule grpc,
    TcpModule unix,
    WebsocketModule websocket,
    String missing) {
  private static final List<String> PROBERS =
      List.of("http", "tcp", "icmp", "dns", "grpc", "unix", "websocket");

  static final Section SECTION = new Section("module", "Probe module.");
  private static final Key<String> PROBER =
      SECTION.required("prober", Type.STRING, "http, tcp, icmp, dns, grpc, unix or websocket.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout",
          GoDurations.TYPE,
          Duration.ZERO,
          "Probe timeout, capped by the timeout of the request.");
  private static final Key<HttpModule> HTTP =
      SECTION.optional("http", HttpModule.TYPE, "Settings of the http prober.");
  private static final Key<TcpModule> TCP =
      SECTION.optional("tcp", TcpModule.TYPE, "Settings of the tcp prober.");
  private static final Key<IcmpModule> ICMP =
      SECTION.optional("icmp", IcmpModule.TYPE, "Settings of the icmp prober.");
  private static final Key<DnsModule> DNS =
      SECTION.optional("dns", DnsModule.TYPE, "Settings of the dns prober.");
  private static final Key<GrpcModule> GRPC =
      SECTION.optional("grpc", GrpcModule.TYPE, "Settings of the grpc prober.");
  private static final Key<TcpModule> UNIX =
      SECTION.optional("unix", TcpModule.UNIX, "Settings of the unix prober.");
  private static final Key<WebsocketModule> WEBSOCKET =
      SECTION.optional("websocket", WebsocketModule.TYPE, "Settings of the websocket prober.");

  static final Type<Module> TYPE = SECTION.type(Module::read);

  private static Module read(YamlObject o) {
    String prober = o.get(PROBER);
    if (!PROBERS.contains(prober)) {
      throw o.error(
          PROBER, "prober '" + prober + "' is not valid; allowed: " + String.join(", ", PROBERS));
    }
    HttpModule http = or(o.find(HTTP), HttpModule.DEFAULT);
    DnsModule dns = or(o.find(DNS), DnsModule.DEFAULT);
    return new Module(
        prober,
        o.get(TIMEOUT),
        http,
        or(o.find(TCP), TcpModule.DEFAULT),
        dns,
        or(o.find(ICMP), IcmpModule.DEFAULT),
        or(o.find(GRPC), GrpcModule.DEFAULT),
        or(o.find(UNIX), TcpModule.DEFAULT),
        or(o.find(WEBSOCKET), WebsocketModule.DEFAULT),
        prober.equals("http") ? http.missing() : "");
  }

  private static <T> T or(@Nullable T v, T otherwise) {
    return v == null ? otherwise : v;
  }

  Module withHttp(HttpModule h) {
    return new Module(prober, timeout, h, tcp, dns, icmp, grpc, unix, websocket, missing);
  }

  Module withTcp(TcpModule t) {
    return new Module(prober, timeout, http, t, dns, icmp, grpc, unix, websocket, missing);
  }

  /**
   * Returns the module as a tree for output: the settings of its prober, with defaults filled in.
   */
  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("prober", prober);
    m.put("timeout", timeout.isZero() ? null : timeout.toMillis() + "ms");
    m.put(
        prober,
        switch (prober) {
          case "http" -> http.tree();
          case "tcp" -> tcp.tree();
          case "dns" -> dns.tree();
          case "icmp" -> icmp.tree();
          case "grpc" -> grpc.tree();
          case "unix" -> unix.tree();
          default -> websocket.tree();
        });
    return m;
  }
}
