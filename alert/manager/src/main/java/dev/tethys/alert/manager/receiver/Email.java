package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** An e-mail. */
final class Email extends ReceiverKind {
  private static final Section THREADING =
      new Section("threading", "Notifications of a group in one thread of mail programs.");
  private static final Key<Boolean> THREADING_ENABLED =
      THREADING.key("enabled", Type.BOOL, false, "Whether.");
  private static final Key<String> THREAD_BY_DATE =
      THREADING.key("thread_by_date", Type.STRING, "", "daily begins a new one each day; none.");

  private final Key<String> to =
      section.key("to", Type.STRING, "", "To whom, with commas between.");
  private final Key<String> from =
      section.key("from", Type.STRING, "", "From whom; else the global one.");
  private final Key<String> hello =
      section.key("hello", Type.STRING, "", "How we name ourselves; else the global one.");
  private final Key<HostPort> smarthost =
      section.optional("smarthost", HostPort.TYPE, "The SMTP server; else the global one.");
  private final Key<String> authUsername =
      section.key("auth_username", Type.STRING, "", "User; else the global one.");
  private final Key<Secret> authPassword =
      section.key("auth_password", Type.SECRET, Secret.NONE, "Password; else the global one.");
  private final Key<String> authPasswordFile =
      section.key("auth_password_file", Type.STRING, "", "File that holds it.");
  private final Key<Secret> authSecret =
      section.key(
          "auth_secret", Type.SECRET, Secret.NONE, "Secret for CRAM-MD5; else the global one.");
  private final Key<String> authSecretFile =
      section.key("auth_secret_file", Type.STRING, "", "File that holds it.");
  private final Key<String> authIdentity =
      section.key("auth_identity", Type.STRING, "", "Identity for PLAIN; else the global one.");
  private final Key<Map<String, String>> headers =
      section.key("headers", Type.map(Type.STRING), Map.of(), "Further headers, templates.");
  private final Key<String> html =
      section.key(
          "html", Type.STRING, "{{ template \"email.default.html\" . }}", "The message as HTML.");
  private final Key<String> text =
      section.key("text", Type.STRING, "", "The message as plain text.");
  private final Key<Boolean> requireTls =
      section.optional("require_tls", Type.BOOL, "Send nothing without TLS; else the global one.");
  private final Key<TlsConfig> tls =
      section.optional("tls_config", TlsConfig.TYPE, "How TLS is spoken; else the global one.");
  private final Key<Boolean> implicitTls =
      section.optional(
          "force_implicit_tls", Type.BOOL, "TLS from the first byte; else the global one.");
  private final Key<YamlObject> threading =
      section.optional(
          "threading", THREADING.type(o -> o), "Notifications of a group in one thread.");

  Email() {
    super("email", false, "An e-mail.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    if (!isSet(o, to)) {
      throw o.error("missing to address in email config");
    }
    Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (String name : o.get(headers).keySet()) {
      if (!names.add(name)) {
        throw o.error(headers, "duplicate header " + GoQuote.quote(name) + " in email config");
      }
    }
    YamlObject thread = o.find(threading);
    if (thread != null && thread.get(THREADING_ENABLED)) {
      for (String n : new String[] {"References", "In-Reply-To"}) {
        if (names.contains(n)) {
          throw o.error(
              headers,
              "conflicting configuration: threading.enabled conflicts with custom "
                  + n
                  + " header");
        }
      }
      String by = thread.get(THREAD_BY_DATE);
      if (!by.equals("none") && !by.equals("daily")) {
        throw thread.error(
            THREAD_BY_DATE, "threading.thread_by_date must be either 'none' or 'daily'");
      }
    }
    if (o.find(smarthost) == null && g.find(GlobalConfig.SMTP_SMARTHOST) == null) {
      throw o.error("no global SMTP smarthost set");
    }
    if (!isSet(o, from) && !g.has(GlobalConfig.SMTP_FROM)) {
      throw o.error("no global SMTP from set");
    }
  }

  @Override
  public boolean built() {
    return false;
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    throw new IOException(key() + " is not built yet");
  }
}
