package dev.tethys.web.psk;

import dev.tethys.web.client.PskTls;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.SecureRandom;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsFatalAlertReceived;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/** Performs handshakes with Bouncy Castle, and explains failures with own messages. */
public final class BouncyTls implements PskTls {
  private final TlsCrypto crypto = new BcTlsCrypto(new SecureRandom());

  @Override
  public Secured secure(InputStream in, OutputStream out, Offer offer) throws IOException {
    SecuredStreams streams = new SecuredStreams(in, out);
    KeyClient client = new KeyClient(crypto, offer);
    try {
      streams.handshake(client);
    } catch (TlsFatalAlertReceived e) {
      throw new IOException(refusal(e.getAlertDescription(), offer), e);
    } catch (TlsFatalAlert e) {
      throw new IOException(
          client.isShownCertificate()
              ? "server sent a certificate instead of using the pre-shared key: " + unknown(offer)
              : "TLS handshake failed: " + AlertDescription.getName(e.getAlertDescription()),
          e);
    }
    return streams.opened();
  }

  private static String refusal(short alert, Offer offer) {
    return switch (alert) {
      case AlertDescription.unknown_psk_identity -> unknown(offer);
      case AlertDescription.bad_record_mac,
          AlertDescription.decrypt_error,
          AlertDescription.illegal_parameter ->
          "the key is not the one that it has for the identity \"" + offer.key().identity() + "\"";
      case AlertDescription.handshake_failure, AlertDescription.insufficient_security ->
          "it refuses TLS with a key that both sides know: "
              + (offer.newest()
                  ? unknown(offer) + ", or it knows certificates alone"
                  : "it knows certificates alone, or ciphers that are not offered (only those with"
                      + " AES-GCM or ChaCha20-Poly1305 are)");
      case AlertDescription.protocol_version ->
          "it does not support TLS "
              + (offer.newest() ? "1.3" : "1.2")
              + ": set min_version of tls to the version to use";
      default -> "it refuses TLS: " + AlertDescription.getName(alert);
    };
  }

  private static String unknown(Offer offer) {
    return "it does not know the identity \"" + offer.key().identity() + "\"";
  }
}
