package dev.tethys.collect.exporter.blackbox;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A connection over TCP or a Unix socket, and the dialogue over it. */
record TcpModule(
    IpPreference ip,
    String sourceAddress,
    List<QueryResponse> dialogue,
    boolean tls,
    TlsConfig config) {
  static final TcpModule DEFAULT =
      new TcpModule(IpPreference.DEFAULT, "", List.of(), false, TlsConfig.DEFAULT);

  private record Keys(Key<List<QueryResponse>> dialogue, Key<Boolean> tls, Key<TlsConfig> config) {
    static Keys in(Section s) {
      return new Keys(
          s.key(
              "query_response",
              QueryResponse.LIST,
              List.of(),
              "Queries to send and responses to expect."),
          s.key("tls", Type.BOOL, false, "If true, the connection starts with TLS."),
          s.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings of the probe."));
    }
  }

  private static final Section TCP = new Section("tcp", "TCP probe settings.");
  private static final IpPreference.Keys IP = IpPreference.Keys.in(TCP);
  private static final Key<String> SOURCE =
      TCP.key("source_ip_address", Type.STRING, "", "Source IP address of the probe.");
  private static final Keys KEYS = Keys.in(TCP);
  static final Type<TcpModule> TYPE =
      TCP.type(
          o ->
              new TcpModule(
                  IP.read(o),
                  o.get(SOURCE),
                  o.get(KEYS.dialogue),
                  o.get(KEYS.tls),
                  o.get(KEYS.config)));

  private static final Section UNIX_SECTION = new Section("unix", "Unix socket probe settings.");
  private static final Keys UNIX_KEYS = Keys.in(UNIX_SECTION);

  /** Keys of the {@code unix} prober. */
  static final Type<TcpModule> UNIX = UNIX_SECTION.type(TcpModule::readUnix);

  private static TcpModule readUnix(YamlObject o) {
    return new TcpModule(
        IpPreference.DEFAULT,
        "",
        o.get(UNIX_KEYS.dialogue),
        o.get(UNIX_KEYS.tls),
        o.get(UNIX_KEYS.config));
  }

  /** Returns a copy with a TLS server name, unless one is configured. */
  TcpModule withServerName(String name) {
    TlsConfig c = config;
    if (!c.serverName().isEmpty()) {
      return this;
    }
    return new TcpModule(
        ip,
        sourceAddress,
        dialogue,
        tls,
        new TlsConfig(
            c.ca(),
            c.caFile(),
            c.cert(),
            c.certFile(),
            c.key(),
            c.keyFile(),
            name,
            c.insecureSkipVerify(),
            c.minVersion(),
            c.maxVersion()));
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = IpPreference.map();
    ip.addTo(m);
    m.put("source_ip_address", sourceAddress.isEmpty() ? null : sourceAddress);
    m.put(
        "query_response",
        dialogue.isEmpty() ? null : dialogue.stream().map(QueryResponse::tree).toList());
    m.put("tls", tls ? true : null);
    m.put("tls_config", config.equals(TlsConfig.DEFAULT) ? null : config.tree());
    return m;
  }
}
