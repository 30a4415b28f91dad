package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An e-mail. */
final class Email extends ReceiverKind {
  private static final String DEFAULT_SUBJECT = "{{ template \"email.default.subject\" . }}";

  private static final Section THREADING =
      new Section("threading", "Threading of notifications in mail programs.");
  private static final Key<Boolean> THREADING_ENABLED =
      THREADING.key("enabled", Type.BOOL, false, "Enables threading of a group's notifications.");
  private static final Key<String> THREAD_BY_DATE =
      THREADING.key(
          "thread_by_date",
          Type.STRING,
          "",
          "Start of new threads: daily for one each day, or none.");

  private final Key<String> to =
      section.key("to", Type.STRING, "", "Recipients, separated by commas.");
  private final Key<String> from =
      section.key("from", Type.STRING, "", "Sender; the global setting by default.");
  private final Key<String> hello =
      section.key(
          "hello",
          Type.STRING,
          "",
          "Hostname for the SMTP server's greeting; the global setting by default.");
  private final Key<HostPort> smarthost =
      section.optional(
          "smarthost", HostPort.TYPE, "Address of the SMTP server; the global setting by default.");
  private final Key<String> authUsername =
      section.key("auth_username", Type.STRING, "", "Username; the global setting by default.");
  private final Key<Secret> authPassword =
      section.key(
          "auth_password", Type.SECRET, Secret.NONE, "Password; the global setting by default.");
  private final Key<String> authPasswordFile =
      section.key("auth_password_file", Type.STRING, "", "File of the password.");
  private final Key<Secret> authSecret =
      section.key(
          "auth_secret",
          Type.SECRET,
          Secret.NONE,
          "Secret for CRAM-MD5; the global setting by default.");
  private final Key<String> authSecretFile =
      section.key("auth_secret_file", Type.STRING, "", "File of the secret.");
  private final Key<String> authIdentity =
      section.key(
          "auth_identity", Type.STRING, "", "Identity for PLAIN; the global setting by default.");
  private final Key<Map<String, String>> headers =
      section.key("headers", Type.map(Type.STRING), Map.of(), "Further headers, as templates.");
  private final Key<String> html =
      section.key("html", Type.STRING, "{{ template \"email.default.html\" . }}", "HTML body.");
  private final Key<String> text = section.key("text", Type.STRING, "", "Plain text body.");
  private final Key<Boolean> requireTls =
      section.optional(
          "require_tls",
          Type.BOOL,
          "If true, e-mail is only sent with TLS; the global setting by default.");
  private final Key<TlsConfig> tls =
      section.optional("tls_config", TlsConfig.TYPE, "TLS settings; the global ones by default.");
  private final Key<Boolean> implicitTls =
      section.optional(
          "force_implicit_tls",
          Type.BOOL,
          "If true, TLS from the first byte; the global setting by default.");
  private final Key<YamlObject> threading =
      section.optional(
          "threading", THREADING.type(o -> o), "Threading of a group's notifications.");

  Email() {
    super("email", false, "E-mail.");
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
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HostPort server =
        Objects.requireNonNull(or(o.find(smarthost), g.find(GlobalConfig.SMTP_SMARTHOST)));
    TlsConfig ownTls = o.find(tls);
    TlsConfig tlsConfig = ownTls == null ? g.get(GlobalConfig.SMTP_TLS_CONFIG) : ownTls;
    Boolean implicit = or(o.find(implicitTls), g.find(GlobalConfig.SMTP_FORCE_IMPLICIT_TLS));
    boolean fromStart = implicit == null ? server.port().equals("465") : implicit;
    boolean required = o.get(requireTls, g.get(GlobalConfig.SMTP_REQUIRE_TLS));
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      String sender = t.of(text(o, from, g, GlobalConfig.SMTP_FROM));
      String receivers = t.of(to);
      String message = message(o, t, n, sender, receivers, context.clock().instant());
      List<String> froms = addresses("from", sender);
      if (froms.size() != 1) {
        throw NotifyException.lost(
            "must be exactly one 'from' address (got: " + froms.size() + ")");
      }
      List<String> tos = addresses("to", receivers);
      String name = text(o, hello, g, GlobalConfig.SMTP_HELLO);
      try (SmtpClient c = SmtpClient.connect(server, tlsConfig, fromStart, limit)) {
        c.hello(name);
        if (required && !fromStart) {
          c.startTls(name);
        }
        String user = text(o, authUsername, g, GlobalConfig.SMTP_AUTH_USERNAME);
        if (!user.isEmpty()) {
          c.authenticate(
              text(o, authIdentity, g, GlobalConfig.SMTP_AUTH_IDENTITY),
              user,
              password(o, g),
              secret(o, g));
        }
        c.deliver(froms.getFirst(), tos, message);
      } catch (IOException e) {
        throw new NotifyException(
            true,
            e instanceof SocketTimeoutException
                ? NotifyException.Reason.DEADLINE_EXCEEDED
                : NotifyException.Reason.OTHER,
            server + ": " + e.getMessage());
      }
    };
  }

  private static <T> @Nullable T or(@Nullable T own, @Nullable T global) {
    return own == null ? global : own;
  }

  private static String text(YamlObject o, Key<String> own, GlobalConfig g, Key<String> global) {
    return o.get(own).isEmpty() ? g.get(global) : o.get(own);
  }

  private static List<String> addresses(String what, String list) throws NotifyException {
    try {
      return MailText.addresses(list);
    } catch (IllegalArgumentException e) {
      throw NotifyException.lost("parse '" + what + "' addresses: " + e.getMessage());
    }
  }

  private String password(YamlObject o, GlobalConfig g) throws NotifyException {
    return isSet(o, authPassword) || isSet(o, authPasswordFile)
        ? HttpSender.secret(o.get(authPassword), o.get(authPasswordFile))
        : HttpSender.secret(
            g.get(GlobalConfig.SMTP_AUTH_PASSWORD), g.get(GlobalConfig.SMTP_AUTH_PASSWORD_FILE));
  }

  private String secret(YamlObject o, GlobalConfig g) throws NotifyException {
    return isSet(o, authSecret) || isSet(o, authSecretFile)
        ? HttpSender.secret(o.get(authSecret), o.get(authSecretFile))
        : HttpSender.secret(
            g.get(GlobalConfig.SMTP_AUTH_SECRET), g.get(GlobalConfig.SMTP_AUTH_SECRET_FILE));
  }

  private String message(
      YamlObject o,
      TemplateExpander t,
      Notification n,
      String sender,
      String receivers,
      Instant now) {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.put("Subject", t.of(DEFAULT_SUBJECT));
    all.put("To", receivers);
    all.put("From", sender);
    o.get(headers)
        .forEach(
            (k, v) -> {
              all.remove(k);
              all.put(k, t.of(v));
            });
    all.putIfAbsent("Message-Id", "<" + UUID.randomUUID() + "@" + host() + ">");
    YamlObject thread = o.find(threading);
    if (thread != null && thread.get(THREADING_ENABLED)) {
      ZonedDateTime today = now.atZone(ZoneId.systemDefault());
      String day = thread.get(THREAD_BY_DATE).equals("none") ? "" : today.toLocalDate().toString();
      String root = "<alert-" + n.groupHash().substring(0, 16) + "-" + day + "@alertmanager>";
      all.put("References", root);
      all.put("In-Reply-To", root);
    }
    StringBuilder m = new StringBuilder(4096);
    all.forEach((k, v) -> m.append(k).append(": ").append(MailText.header(v)).append("\r\n"));
    m.append("Date: ")
        .append(DateTimeFormatter.RFC_1123_DATE_TIME.format(now.atZone(ZoneOffset.UTC)))
        .append("\r\n");
    String boundary = UUID.randomUUID().toString().replace("-", "");
    m.append("Content-Type: multipart/alternative; boundary=").append(boundary);
    m.append("\r\nMIME-Version: 1.0\r\n\r\n");
    if (!o.get(text).isEmpty()) {
      part(m, boundary, "text/plain", t.of(text));
    }
    if (!o.get(html).isEmpty()) {
      part(m, boundary, "text/html", t.html(o.get(html)));
    }
    return m.append("--").append(boundary).append("--\r\n").toString();
  }

  private static void part(StringBuilder m, String boundary, String type, String body) {
    m.append("--").append(boundary);
    m.append("\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: ").append(type);
    m.append("; charset=UTF-8\r\n\r\n").append(MailText.quotedPrintable(body)).append("\r\n");
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost.localdomain";
    }
  }
}
