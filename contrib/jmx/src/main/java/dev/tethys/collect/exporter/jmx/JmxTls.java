package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** TLS of remote JMX: the key {@code ssl}, whose stores are read with the file. */
final class JmxTls {
  private static final Section STORE = new Section("keyStore", "Java key store.");
  private static final Key<String> FILENAME =
      STORE.required("filename", Type.PATH, "Path of the key store.");
  private static final Key<String> TYPE_KEY =
      STORE.key("type", Type.STRING, KeyStore.getDefaultType(), "JKS, PKCS12 …");
  private static final Key<String> PASSWORD =
      STORE.key("password", Type.STRING, "", "Password of the key store.");

  private record Store(KeyStore keys, String password) {}

  private static final Type<Store> STORE_TYPE = STORE.type(JmxTls::store);

  static final Type<List<String>> WORDS =
      Type.of("list of string, or words with commas between", List.of(), JmxTls::words);

  private static final Section SECTION = new Section("ssl", "TLS settings of remote JMX.");
  private static final Key<Boolean> ENABLED =
      SECTION.key("enabled", Type.BOOL, false, "If true, connects to remote JMX over TLS.");
  private static final Key<Store> KEY_STORE =
      SECTION.optional("keyStore", STORE_TYPE, "Key store with the client certificate.");
  private static final Key<Store> TRUST_STORE =
      SECTION.optional(
          "trustStore",
          STORE_TYPE,
          "Trust store with certificates trusted in addition to Java's defaults.");
  private static final Key<List<String>> PROTOCOLS =
      SECTION.key("protocols", WORDS, List.of(), "Enabled TLS versions.");
  private static final Key<List<String>> CIPHERS =
      SECTION.key("ciphers", WORDS, List.of(), "Enabled cipher suites.");

  private final SSLSocketFactory sockets;
  private final List<String> protocols;
  private final List<String> ciphers;

  private JmxTls(SSLSocketFactory sockets, List<String> protocols, List<String> ciphers) {
    this.sockets = sockets;
    this.protocols = protocols;
    this.ciphers = ciphers;
  }

  /**
   * Reads the key; null without TLS.
   *
   * @throws dev.tethys.config.ConfigException if it is invalid or a store cannot be read
   */
  static @Nullable JmxTls read(@Nullable YamlNode node) {
    if (node == null || node.isNull()) {
      return null;
    }
    try {
      if (!node.isMap()) {
        return node.asBool()
            ? new JmxTls(context(null, null).getSocketFactory(), List.of(), List.of())
            : null;
      }
      YamlObject o = node.object(SECTION);
      o.readAll();
      if (!o.get(ENABLED)) {
        return null;
      }
      SSLContext context = context(o.find(KEY_STORE), o.find(TRUST_STORE));
      List<String> known = List.of(context.getSupportedSSLParameters().getProtocols());
      for (String p : o.get(PROTOCOLS)) {
        if (!known.contains(p)) {
          throw o.error(PROTOCOLS, "unknown protocol \"" + p + "\"; expected one of: " + known);
        }
      }
      List<String> suites = List.of(context.getSupportedSSLParameters().getCipherSuites());
      for (String c : o.get(CIPHERS)) {
        if (!suites.contains(c)) {
          throw o.error(CIPHERS, "unknown cipher suite \"" + c + "\"");
        }
      }
      return new JmxTls(context.getSocketFactory(), o.get(PROTOCOLS), o.get(CIPHERS));
    } catch (GeneralSecurityException | IOException e) {
      throw node.error("TLS cannot be set up: " + e.getMessage());
    }
  }

  private static List<String> words(YamlNode n) {
    List<String> out =
        n.isList() ? Type.list(Type.STRING).read(n) : Arrays.asList(n.asString().split(","));
    return out.stream().map(String::strip).filter(w -> !w.isEmpty()).toList();
  }

  private static Store store(YamlObject o) {
    String password = o.get(PASSWORD);
    try {
      return new Store(
          new KeyStoreFile(o.get(FILENAME), o.get(TYPE_KEY), password).load(), password);
    } catch (IOException e) {
      throw o.error(FILENAME, String.valueOf(e.getMessage()));
    }
  }

  private static SSLContext context(@Nullable Store keys, @Nullable Store trusted)
      throws GeneralSecurityException, IOException {
    KeyManager[] shown = null;
    if (keys != null) {
      KeyManagerFactory f = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      f.init(keys.keys, keys.password.toCharArray());
      shown = f.getKeyManagers();
    }
    if (shown == null && trusted == null) {
      return SSLContext.getDefault();
    }
    KeyStore all = KeyStore.getInstance("PKCS12");
    all.load(null, null);
    int n = 0;
    for (X509Certificate c : KeyStoreFile.issuers(null)) {
      all.setCertificateEntry("java-" + n++, c);
    }
    if (trusted != null) {
      for (X509Certificate c : KeyStoreFile.issuers(trusted.keys)) {
        all.setCertificateEntry("own-" + n++, c);
      }
    }
    TrustManagerFactory t =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    t.init(all);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(shown, t.getTrustManagers(), null);
    return context;
  }

  /** Secures a connection; its first byte triggers the handshake. */
  Socket secure(Socket plain, String host, int port) throws IOException {
    SSLSocket s = (SSLSocket) sockets.createSocket(plain, host, port, true);
    if (!protocols.isEmpty()) {
      s.setEnabledProtocols(protocols.toArray(String[]::new));
    }
    if (!ciphers.isEmpty()) {
      s.setEnabledCipherSuites(ciphers.toArray(String[]::new));
    }
    return s;
  }
}
