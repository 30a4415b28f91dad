package dev.tethys.web.kerberos;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import org.jspecify.annotations.Nullable;

/**
 * Kerberos principal and its credential: a keytab, a password, or the ticket cache that {@code
 * kinit} fills.
 *
 * @param principal {@code name@REALM}, or a name of the default realm
 * @param keytab null if none
 * @param password password; empty if none
 * @param service the first part of the server's principal
 * @param config the {@code krb5.conf}; null for the machine's
 */
public record KerberosIdentity(
    String principal,
    @Nullable Path keytab,
    Secret password,
    String service,
    @Nullable Path config) {
  /** The module of Java that gets tickets. */
  public static final String LOGIN_MODULE = "com.sun.security.auth.module.Krb5LoginModule";

  private static final String CONFIG = "java.security.krb5.conf";

  /**
   * Configuration value with the Collector's keys.
   *
   * @param service first part of the server's principal by default
   */
  public static Type<KerberosIdentity> type(String service) {
    Section s = new Section("kerberos", "Kerberos ticket.");
    Keys keys = new Keys(s, service);
    return s.type(keys::read);
  }

  /** The keys, within a section that may have others. */
  public static final class Keys {
    private final Key<String> username;
    private final Key<String> realm;
    private final Key<String> service;
    private final Key<Secret> password;
    private final Key<String> keytab;
    private final Key<Boolean> useKeytab;
    private final Key<String> config;

    /**
     * Adds the keys.
     *
     * @param usual default service
     */
    public Keys(Section s, String usual) {
      username = s.required("username", Type.STRING, "Principal without its realm.");
      realm = s.key("realm", Type.STRING, "", "Realm; the default realm of krb5.conf by default.");
      service =
          s.key(
              "service_name",
              Type.STRING.absentWhenNull(),
              usual,
              "Service part of the server's principal.");
      password = s.key("password", Type.SECRET, Secret.NONE, "Password of the principal.");
      keytab = s.key("keytab_file", Type.PATH, "", "Keytab file of the principal.");
      useKeytab =
          s.optional(
              "use_keytab",
              Type.BOOL,
              "If true, keytab_file is used, if false password; by default whichever is set.");
      config =
          s.key(
              "config_file",
              Type.PATH,
              "",
              "Path of krb5.conf; one for the whole process, as in Java.");
      s.notBuilt("disable_fast_negotiation", "Read, without effect: Java does not negotiate FAST.");
    }

    /** Reads the keys. */
    public KerberosIdentity read(YamlObject o) {
      String file = o.get(keytab);
      Secret secret = o.get(password);
      Boolean chosen = o.find(useKeytab);
      boolean byFile = chosen == null ? !file.isEmpty() : chosen;
      if (chosen == null && !file.isEmpty() && !secret.isEmpty()) {
        throw o.error(
            keytab, "kerberos has keytab_file and password; set one of them, or use_keytab");
      }
      if (byFile && file.isEmpty()) {
        throw o.error(useKeytab, "use_keytab requires keytab_file");
      }
      if (o.get(username).isEmpty() || o.get(service).isEmpty()) {
        throw o.error("kerberos requires username and service_name");
      }
      String at = o.get(realm);
      return new KerberosIdentity(
          at.isEmpty() ? o.get(username) : o.get(username) + "@" + at,
          byFile ? Path.of(file) : null,
          byFile ? Secret.NONE : secret,
          o.get(service),
          o.get(config).isEmpty() ? null : Path.of(o.get(config)));
    }
  }

  /** Returns the block as a tree for output. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    int at = principal.indexOf('@');
    m.put("username", at < 0 ? principal : principal.substring(0, at));
    m.put("realm", at < 0 ? null : principal.substring(at + 1));
    m.put("service_name", service);
    m.put("password", password.isEmpty() ? null : password);
    m.put("keytab_file", keytab == null ? null : keytab.toString());
    m.put("config_file", config == null ? null : config.toString());
    return m;
  }

  /** Options of {@link #LOGIN_MODULE}. */
  public Map<String, String> options() {
    Map<String, String> m = new LinkedHashMap<>();
    m.put("principal", principal);
    m.put("refreshKrb5Config", "true");
    if (keytab != null) {
      m.put("useKeyTab", "true");
      m.put("keyTab", keytab.toString());
      m.put("storeKey", "true");
      m.put("doNotPrompt", "true");
    } else if (password.isEmpty()) {
      m.put("useTicketCache", "true");
      m.put("doNotPrompt", "true");
    }
    return m;
  }

  /** Answers the callbacks of {@link #LOGIN_MODULE}. */
  public void answer(Callback[] asked) throws UnsupportedCallbackException {
    for (Callback c : asked) {
      switch (c) {
        case NameCallback n -> n.setName(principal);
        case PasswordCallback p -> p.setPassword(password.value().toCharArray());
        default -> throw new UnsupportedCallbackException(c);
      }
    }
  }

  /**
   * Has Java read the {@code krb5.conf} that is named; before every login.
   *
   * @throws IOException if it does not exist, or another one is in use: Java knows one
   */
  public void useConfig() throws IOException {
    if (config == null) {
      return;
    }
    if (!Files.isReadable(config)) {
      throw new IOException(config + " cannot be read, which config_file of kerberos names");
    }
    synchronized (KerberosIdentity.class) {
      String used = System.getProperty(CONFIG);
      if (used != null && !Path.of(used).equals(config)) {
        throw new IOException(
            "this process uses " + used + " for Kerberos, and Java supports only one krb5.conf");
      }
      System.setProperty(CONFIG, config.toString());
    }
  }
}
