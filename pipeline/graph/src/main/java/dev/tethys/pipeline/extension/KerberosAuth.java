package dev.tethys.pipeline.extension;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.web.kerberos.KerberosIdentity;
import dev.tethys.web.kerberos.KerberosLogin;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/**
 * {@code kerberosauth}: a ticket of Kerberos for the requests of exporters to one server (HTTP
 * Negotiate, RFC 4559): Elasticsearch, OpenSearch and ClickHouse take it.
 */
public final class KerberosAuth implements ExtensionFactory<KerberosAuth.Settings> {
  /**
   * The settings.
   *
   * @param host of the server, as its principal has it
   */
  public record Settings(KerberosIdentity identity, String host) {}

  private static final Section SECTION =
      new Section("kerberosauth", "A ticket of Kerberos for requests to one server.");
  private static final KerberosIdentity.Keys IDENTITY = new KerberosIdentity.Keys(SECTION, "HTTP");
  private static final Key<String> HOST =
      SECTION.required("host", Type.STRING, "The server's name, as its principal has it.");

  @Override
  public String type() {
    return "kerberosauth";
  }

  @Override
  public String about() {
    return "A ticket of Kerberos for the requests of exporters to one server.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(KerberosAuth::read);
  }

  private static Settings read(YamlObject o) {
    String host = o.get(HOST);
    if (!host.matches("[A-Za-z0-9.-]+")) {
      throw o.error(HOST, "host wants the name of a server, such as elastic.example.org");
    }
    return new Settings(IDENTITY.read(o), host);
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(
        new KerberosLogin(settings.identity, () -> Instant.ofEpochMilli(context.clock().millis())),
        settings.host);
  }

  /** Tickets are fetched with the first request, so that a KDC may come up later. */
  private record Running(KerberosLogin login, String host) implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      return Map.of(
          "Authorization", "Negotiate " + Base64.getEncoder().encodeToString(login.token(host)));
    }

    @Override
    public void refused() {
      login.refused();
    }
  }
}
