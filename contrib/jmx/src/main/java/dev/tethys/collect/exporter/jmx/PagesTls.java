package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** TLS of the exporter's own pages: {@code httpServer.ssl}, with Java key stores. */
final class PagesTls {
  private static final System.Logger LOG = JulLogger.of(PagesTls.class.getName());

  private static final Section STORE = new Section("store", "Java key store.");
  private static final Key<String> FILENAME =
      STORE.key(
          "filename", Type.PATH, "", "Path of the key store; javax.net.ssl.keyStore if absent.");
  private static final Key<String> TYPE = STORE.key("type", Type.STRING, "", "JKS, PKCS12 …");
  private static final Key<String> PASSWORD =
      STORE.key(
          "password", Type.STRING, "", "Password of the key store and its key, or ${VARIABLE}.");
  private static final Type<YamlObject> STORE_TYPE = STORE.type(o -> o);

  private static final Section CERTIFICATE =
      new Section("certificate", "Certificate of the server.");
  private static final Key<String> ALIAS =
      CERTIFICATE.required("alias", Type.STRING, "Alias of the certificate in the key store.");
  private static final Type<String> CERTIFICATE_TYPE =
      CERTIFICATE.type(
          o -> {
            if (o.get(ALIAS).isBlank()) {
              throw o.error(ALIAS, "alias must not be blank");
            }
            return o.get(ALIAS);
          });

  private static final Section SECTION =
      new Section("httpServer.ssl", "TLS settings of the pages.");
  private static final Key<YamlObject> KEY_STORE =
      SECTION.optional(
          "keyStore", STORE_TYPE, "Key store with the server certificate and its key.");
  private static final Key<YamlObject> TRUST_STORE =
      SECTION.optional(
          "trustStore", STORE_TYPE, "Trust store with the certificate authorities of clients.");
  private static final Key<String> CERTIFICATE_KEY =
      SECTION.optional("certificate", CERTIFICATE_TYPE, "Certificate of the server.");
  private static final Key<Boolean> MUTUAL =
      SECTION.key("mutualTLS", Type.BOOL, false, "If true, clients must present a certificate.");
  private static final Key<List<String>> PROTOCOLS =
      SECTION.key(
          "protocols", JmxTls.WORDS, List.of(), "Enabled TLS versions: TLSv1.2, TLSv1.3 or both.");
  private static final Key<List<String>> CIPHERS =
      SECTION.key("ciphers", JmxTls.WORDS, List.of(), "Enabled cipher suites.");

  private final YamlObject section;
  private final KeyStoreFile keys;
  private final @Nullable KeyStoreFile trusted;
  private final TlsVersion least;
  private final TlsVersion most;

  private PagesTls(
      YamlObject section,
      KeyStoreFile keys,
      @Nullable KeyStoreFile trusted,
      TlsVersion least,
      TlsVersion most) {
    this.section = section;
    this.keys = keys;
    this.trusted = trusted;
    this.least = least;
    this.most = most;
  }

  /**
   * Reads the section without opening the stores: a file and its stores are written one after
   * another. Null without TLS.
   *
   * @throws ConfigException with the position of the error
   */
  static @Nullable PagesTls read(
      @Nullable YamlNode node, Function<String, @Nullable String> environment) {
    if (node == null) {
      return null;
    }
    YamlObject o = node.object(SECTION);
    o.readAll();
    KeyStoreFile keys = store(o, KEY_STORE, "javax.net.ssl.keyStore", environment);
    KeyStoreFile trusted = null;
    if (o.get(MUTUAL)) {
      trusted = store(o, TRUST_STORE, "javax.net.ssl.trustStore", environment);
    } else if (o.has(TRUST_STORE)) {
      LOG.log(
          Level.WARNING,
          "{0}: the trustStore of httpServer.ssl has no effect without mutualTLS",
          o.node().where());
    }
    List<String> protocols = o.get(PROTOCOLS);
    for (String p : protocols) {
      if (!p.equals("TLSv1.2") && !p.equals("TLSv1.3")) {
        throw o.error(PROTOCOLS, "\"" + p + "\": not supported; allowed: TLSv1.2, TLSv1.3");
      }
    }
    boolean both = protocols.isEmpty();
    PagesTls t =
        new PagesTls(
            o,
            keys,
            trusted,
            both || protocols.contains("TLSv1.2") ? TlsVersion.TLS12 : TlsVersion.TLS13,
            both || protocols.contains("TLSv1.3") ? TlsVersion.TLS13 : TlsVersion.TLS12);
    t.checkCiphers();
    t.checkThatSomeFit(protocols);
    return t;
  }

  /**
   * Reads the stores once.
   *
   * @throws ConfigException with the position of the error
   */
  void check() {
    server(List.of());
  }

  /** Reads a key store, with defaults from Java's system properties. */
  private static KeyStoreFile store(
      YamlObject o,
      Key<YamlObject> key,
      String property,
      Function<String, @Nullable String> environment) {
    YamlObject s = o.find(key);
    String filename = readSetting(s, FILENAME, property);
    if (filename.isBlank()) {
      throw o.error(key, key.name() + " requires a filename, or the Java property " + property);
    }
    String type = readSetting(s, TYPE, property + "Type");
    String password = readSetting(s, PASSWORD, property + "Password");
    try {
      password = Variables.resolve(password, environment);
    } catch (IllegalArgumentException e) {
      throw (s == null ? o : s).error(String.valueOf(e.getMessage()));
    }
    if (password.isBlank()) {
      throw o.error(
          key, key.name() + " requires a password, or the Java property " + property + "Password");
    }
    return new KeyStoreFile(filename, type.isBlank() ? KeyStore.getDefaultType() : type, password);
  }

  private static String readSetting(@Nullable YamlObject s, Key<String> key, String property) {
    if (s != null && s.has(key)) {
      if (s.get(key).isBlank()) {
        throw s.error(key, key.name() + " must not be blank");
      }
      return s.get(key);
    }
    String p = System.getProperty(property);
    return p == null ? "" : p;
  }

  private void checkCiphers() {
    try {
      List<String> known =
          List.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
      for (String c : section.get(CIPHERS)) {
        if (!known.contains(c)) {
          throw section.error(CIPHERS, "unknown cipher suite \"" + c + "\"");
        }
      }
    } catch (GeneralSecurityException e) {
      throw section.error("TLS cannot be set up: " + e.getMessage());
    }
  }

  /**
   * Checks that each protocol version has a suite; a version without one would reject every client.
   */
  private void checkThatSomeFit(List<String> protocols) {
    List<String> suites = section.get(CIPHERS);
    if (suites.isEmpty() || least != most) {
      return;
    }
    boolean newest = least == TlsVersion.TLS13;
    // Suites of versions before 1.3 name the key exchange and the cipher.
    if (suites.stream().noneMatch(c -> c.contains("_WITH_") != newest)) {
      throw section.error(
          CIPHERS,
          suites
              + ": none is a suite of "
              + protocols.getFirst()
              + ", which alone protocols lets in; name one such as "
              + (newest ? "TLS_AES_128_GCM_SHA256" : "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
              + ", or leave ciphers out");
    }
  }

  /**
   * Returns the web configuration of the pages with the current stores.
   *
   * @param file file that refers to the stores; null without one
   */
  WebConfig pages(@Nullable Path file) {
    List<String> more = file == null ? List.of() : List.of(file.toString());
    return new WebConfig(server(more), true, Map.of(), Map.of(), null);
  }

  private WebConfig.ServerTls server(List<String> moreFiles) {
    List<String> files = new ArrayList<>(moreFiles);
    files.add(keys.filename());
    List<X509Certificate> clients = null;
    if (trusted != null) {
      files.add(trusted.filename());
      clients = clients(trusted);
    }
    try {
      KeyStore store = load(keys, KEY_STORE);
      String alias = alias(store);
      if (!(store.getKey(alias, keys.password().toCharArray()) instanceof PrivateKey key)) {
        throw section.error(KEY_STORE, keys + ": \"" + alias + "\" is not a private key");
      }
      List<X509Certificate> chain = new ArrayList<>();
      for (Certificate c : store.getCertificateChain(alias)) {
        if (c instanceof X509Certificate x) {
          chain.add(x);
        }
      }
      if (!List.of("RSA", "EC", "EdDSA").contains(key.getAlgorithm())) {
        throw section.error(
            KEY_STORE,
            keys
                + ": the key of \""
                + alias
                + "\" is of "
                + key.getAlgorithm()
                + "; RSA, EC and EdDSA are served");
      }
      return WebConfig.ServerTls.of(key, chain, clients, least, most, section.get(CIPHERS), files);
    } catch (GeneralSecurityException e) {
      throw section.error(KEY_STORE, keys + ": " + e.getMessage());
    }
  }

  private KeyStore load(KeyStoreFile store, Key<YamlObject> key) {
    try {
      return store.load();
    } catch (IOException e) {
      throw section.error(key, String.valueOf(e.getMessage()));
    }
  }

  /** Returns the configured alias, or that of the only key. */
  private String alias(KeyStore store) throws GeneralSecurityException {
    List<String> all = new ArrayList<>();
    for (String a : Collections.list(store.aliases())) {
      if (store.isKeyEntry(a)) {
        all.add(a);
      }
    }
    String alias = section.find(CERTIFICATE_KEY);
    if (alias == null) {
      if (all.size() == 1) {
        return all.getFirst();
      }
      throw section.error(
          KEY_STORE,
          keys
              + " holds "
              + (all.isEmpty()
                  ? "no key"
                  : "several keys, of which certificate.alias names one: " + all));
    }
    if (!store.isKeyEntry(alias)) {
      throw section.error(
          CERTIFICATE_KEY,
          "alias \""
              + alias
              + "\" is not the name of a key in "
              + keys
              + "; expected one of: "
              + all);
    }
    return alias;
  }

  private List<X509Certificate> clients(KeyStoreFile store) {
    try {
      List<X509Certificate> all = KeyStoreFile.issuers(load(store, TRUST_STORE));
      if (all.isEmpty()) {
        throw section.error(TRUST_STORE, store + " contains no trusted certificate");
      }
      return all;
    } catch (GeneralSecurityException e) {
      throw section.error(TRUST_STORE, store + ": " + e.getMessage());
    }
  }
}
