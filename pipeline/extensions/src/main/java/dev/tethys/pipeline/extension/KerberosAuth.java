package dev.tethys.pipeline.extension;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.web.kerberos.KerberosLogin;
import dev.tethys.web.kerberos.KerberosServer;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;

/**
 * {@code kerberosauth}: a ticket of Kerberos for the requests of exporters to one server (HTTP
 * Negotiate, RFC 4559): Elasticsearch, OpenSearch and ClickHouse take it.
 */
public final class KerberosAuth implements ExtensionFactory<KerberosServer> {
  private static final Type<KerberosServer> TYPE =
      KerberosServer.type(
          new Section("kerberosauth", "Kerberos authentication of requests to one server."));

  @Override
  public String type() {
    return "kerberosauth";
  }

  @Override
  public String about() {
    return "A ticket of Kerberos for the requests of exporters to one server.";
  }

  @Override
  public Type<KerberosServer> settings() {
    return TYPE;
  }

  @Override
  public Extension create(KerberosServer server, Context context) {
    return new Running(
        new KerberosLogin(server.identity(), () -> Instant.ofEpochMilli(context.clock().millis())),
        server.host());
  }

  /** Tickets are requested with the first request, so the KDC may start later. */
  private record Running(KerberosLogin login, String host) implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      return Map.of("Authorization", login.show(host).authorization());
    }

    @Override
    public void refused() {
      login.refused();
    }
  }
}
