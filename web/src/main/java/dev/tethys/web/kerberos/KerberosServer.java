package dev.tethys.web.kerberos;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server that accepts tickets (Negotiate, RFC 4559), and the identity to present.
 *
 * @param host host of the server in its principal
 */
public record KerberosServer(KerberosIdentity identity, String host) {
  /**
   * Configuration value.
   *
   * @param section name and purpose of the section
   */
  public static Type<KerberosServer> type(Section section) {
    KerberosIdentity.Keys identity = new KerberosIdentity.Keys(section, "HTTP");
    Key<String> host =
        section.required("host", Type.STRING, "Name of the server, as in its principal.");
    return section.type(o -> read(o, identity, host));
  }

  private static KerberosServer read(YamlObject o, KerberosIdentity.Keys keys, Key<String> host) {
    String name = o.get(host);
    if (!name.matches("[A-Za-z0-9.-]+")) {
      throw o.error(host, "host must be the name of a server, such as elastic.example.org");
    }
    return new KerberosServer(keys.read(o), name);
  }

  /** Returns the block as a tree for output. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = identity.tree();
    m.put("host", host);
    return m;
  }
}
