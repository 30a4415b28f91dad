package dev.tethys.web.client;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Explains TLS failures in the wording of Go's crypto/tls and crypto/x509: runbooks for Prometheus
 * quote it, and it names the remedy.
 */
final class TlsFailure {
  private static final String VERIFY = "tls: failed to verify certificate: x509: ";
  private static final String ALERT = "Received fatal alert: ";

  private TlsFailure() {}

  /**
   * Returns the reason.
   *
   * @param name expected name of the certificate
   */
  static String reason(SSLException e, String name) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      String known = known(t, name);
      if (known != null) {
        return known;
      }
    }
    return "tls: " + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
  }

  private static @Nullable String known(Throwable t, String name) {
    String message = String.valueOf(t.getMessage());
    if (t instanceof CertificateExpiredException || t instanceof CertificateNotYetValidException) {
      return VERIFY + "certificate has expired or is not yet valid: " + message;
    }
    if (t instanceof CertPathBuilderException) {
      return VERIFY + "certificate signed by unknown authority";
    }
    if (t instanceof NamedSubjects.NoSubjectNamesException) {
      return VERIFY + message;
    }
    if (t instanceof CertificateException && message.startsWith("No ")) {
      return VERIFY + "certificate is not valid for " + name + " (" + message + ")";
    }
    if (t instanceof SSLException && message.contains(ALERT)) {
      String alert = message.substring(message.indexOf(ALERT) + ALERT.length());
      return "remote error: tls: " + alert.toLowerCase(Locale.ROOT).replace('_', ' ');
    }
    if (t instanceof SSLException
        && message.toLowerCase(Locale.ROOT).contains("unrecognized ssl message")) {
      return "tls: first record does not look like a TLS handshake";
    }
    return null;
  }
}
