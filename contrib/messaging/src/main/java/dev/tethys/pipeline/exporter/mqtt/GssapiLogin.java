package dev.tethys.pipeline.exporter.mqtt;

import dev.tethys.web.kerberos.KerberosLogin;
import java.io.IOException;
import java.util.Map;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/** A ticket of Kerberos, by SASL's GSSAPI (RFC 4752). */
final class GssapiLogin implements EnhancedAuthentication {
  /** Name of the method in EMQX. */
  static final String METHOD = "GSSAPI-KERBEROS";

  private static final byte[] NOTHING = {};

  private final KerberosLogin tickets;
  private final String service;
  private final String host;
  private @Nullable SaslClient client;

  GssapiLogin(KerberosLogin tickets, String service, String host) {
    this.tickets = tickets;
    this.service = service;
    this.host = host;
  }

  private byte[] answer(byte[] challenge) throws IOException {
    try {
      return tickets.as(
          () -> {
            byte[] reply = client().evaluateChallenge(challenge);
            return reply == null ? NOTHING : reply;
          });
    } catch (SaslException e) {
      tickets.refused();
      throw new IOException("Kerberos: " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("Kerberos: " + e.getMessage(), e);
    }
  }

  private SaslClient client() throws IOException {
    SaslClient c = client;
    if (c == null) {
      c =
          Sasl.createSaslClient(
              new String[] {"GSSAPI"}, null, service, host, Map.of(), callbacks -> {});
      if (c == null) {
        throw new IOException("this JDK does not support GSSAPI");
      }
      client = c;
    }
    return c;
  }

  @Override
  public byte[] first() throws IOException {
    return answer(NOTHING);
  }

  @Override
  public byte[] next(byte[] challenge) throws IOException {
    return answer(challenge);
  }

  @Override
  public void accepted(byte[] last) throws IOException {
    if (last.length > 0 && !client().isComplete()) {
      next(last);
    }
    if (!client().isComplete()) {
      throw new IOException("the broker did not authenticate itself with its ticket");
    }
  }
}
