package dev.tethys.collect.exporter.blackbox;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A question by gRPC's health protocol. */
record GrpcModule(
    String service,
    boolean tls,
    TlsConfig config,
    IpPreference ip,
    Map<String, List<String>> metadata) {
  static final GrpcModule DEFAULT =
      new GrpcModule("", false, TlsConfig.DEFAULT, IpPreference.DEFAULT, Map.of());

  private static final Section SECTION = new Section("grpc", "gRPC probe settings.");
  private static final Key<String> SERVICE =
      SECTION.key("service", Type.STRING, "", "Service to check; the whole server if empty.");
  private static final Key<Boolean> TLS =
      SECTION.key("tls", Type.BOOL, false, "If true, the connection uses TLS.");
  private static final Key<TlsConfig> CONFIG =
      SECTION.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings of the probe.");
  private static final IpPreference.Keys IP = IpPreference.Keys.in(SECTION);
  private static final Key<Map<String, List<String>>> METADATA =
      SECTION.key(
          "metadata", Type.map(Type.list(Type.STRING)), Map.of(), "Metadata of the request.");
  static final Type<GrpcModule> TYPE =
      SECTION.type(
          o ->
              new GrpcModule(
                  o.get(SERVICE), o.get(TLS), o.get(CONFIG), IP.read(o), o.get(METADATA)));

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = IpPreference.map();
    m.put("service", service.isEmpty() ? null : service);
    m.put("tls", tls ? true : null);
    m.put("tls_config", config.equals(TlsConfig.DEFAULT) ? null : config.tree());
    ip.addTo(m);
    // Tokens travel in metadata, so that only the names are shown.
    m.put("metadata", metadata.isEmpty() ? null : List.copyOf(metadata.keySet()));
    return m;
  }
}
