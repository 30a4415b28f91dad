package dev.tethys.config;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Masks secrets in everything that leaves the process: pages, API responses, metric labels, log
 * lines, traces and errors. Each method takes one type of value: URL, header, label set or running
 * text.
 */
public final class Redaction {
  /** Replaces a secret inside a URL, as in Go's {@code URL.Redacted}. */
  public static final String IN_URL = "xxxxx";

  private static final String WHOLE_URL = "<redacted>";
  private static final String PARAM_LABEL = "__param_";

  /** The user information of a URL, after its scheme; the last {@code @} ends it. */
  private static final Pattern USER_INFO = Pattern.compile("(://)([^/?#\\s\"'<>\\\\]*)@");

  /** A user and password before a host without a scheme, as in {@code u:p@tcp(host)/db}. */
  private static final Pattern BARE_USER_INFO =
      Pattern.compile(
          "(?<![^\\s\"'=(,\\[])(?!mailto:)([^\\s:/@\"'(),]{1,128}):([^\\s/\"'(),]{1,256})@(?=[\\w\\[(])(?!sha256:)");

  /** Name of a query parameter, or of a connection string parameter: {@code host=db password=x}. */
  private static final Pattern PARAMETER =
      Pattern.compile("([?&;]|(?<=[\\s\"'])|^)([\\w.%\\[\\]-]{1,64})=");

  private static final Pattern PARAMETER_VALUE = Pattern.compile("[^&\\s\"'<>#;]+");

  /** The user information of a percent-encoded URL. */
  private static final Pattern ENCODED_USER_INFO =
      Pattern.compile(
          "(%3A%2F%2F)((?:(?!%2F|%3F|%23|%3A)[^\\s\"'<>&=/?#]){0,256}%3A)?"
              + "(?:(?!%2F|%3F|%23|%40)[^\\s\"'<>&=/?#]){1,256}(%40)",
          Pattern.CASE_INSENSITIVE);

  /** Query parameter of a percent-encoded URL. */
  private static final Pattern ENCODED_PARAMETER =
      Pattern.compile(
          "(%3F|%26)([\\w.-]{1,64})(%3D)(?:(?!%26|%23)[^\\s\"'<>&#]){1,4096}",
          Pattern.CASE_INSENSITIVE);

  /** Parts of the names of query parameters, headers and flags whose values are secret. */
  private static final Pattern SECRET_PART =
      Pattern.compile(
          "passw|passphrase|pwd|secret|token|credential|apikey|accesskey|signature|cookie|bearer"
              + "|jwt|authorization|session|key");

  private static final Set<String> SECRET_WORDS =
      Set.of("pass", "p", "pw", "k", "key", "tok", "sig", "auth", "code", "sas", "sid", "pin");

  /** Keys of configurations; narrower, as {@code key} there is mostly the name of an attribute. */
  private static final Pattern SECRET_KEY =
      Pattern.compile(
          "(.*[_.-])?(password|passwd|passphrase|secret|secrets|secret_key|token|credentials|api_key"
              + "|apikey|private_key|certificate_key|consumer_key|application_key|routing_key"
              + "|service_key|license_key|shared_key|account_key|connection_string|signature)");

  /** Prefix of a configuration given as text. */
  private static final String INLINE = "yaml:";

  /** Headers whose values are shown; all others may carry a token. */
  private static final Set<String> OPEN_HEADERS =
      Set.of(
          "accept",
          "accept-encoding",
          "accept-language",
          "bcc",
          "cache-control",
          "cc",
          "connection",
          "content-encoding",
          "content-type",
          "from",
          "host",
          "message-id",
          "origin",
          "referer",
          "reply-to",
          "sender",
          "subject",
          "to",
          "user-agent",
          "x-grafana-org-id",
          "x-scope-orgid",
          "x-prometheus-remote-read-version",
          "x-prometheus-remote-write-version");

  /** Headers that carry a credential although their names do not suggest it. */
  private static final Pattern CREDENTIAL_HEADER =
      Pattern.compile("x-honeycomb-team|(.*[_.-])?(auth|dsn|license)([_.-].*)?");

  private Redaction() {}

  /** Masks the password and the values of secret parameters in a URL. */
  public static String url(URI u) {
    return text(u.toString());
  }

  /**
   * Masks only the password of a URL, as Go's {@code URL.Redacted}. Queue names are derived from
   * the result, so it must not change; use {@link #url} for display.
   */
  public static String passwordMasked(URI u) {
    String user = u.getRawUserInfo();
    int colon = user == null ? -1 : user.indexOf(':');
    return colon < 0 || user == null
        ? u.toString()
        : u.toString().replace(user + "@", user.substring(0, colon) + ":" + IN_URL + "@");
  }

  /** Masks the secrets of all URLs in running text. */
  public static String text(String s) {
    String out = s;
    if (out.indexOf('@') >= 0) {
      if (out.contains("://")) {
        out =
            USER_INFO.matcher(out).replaceAll(m -> Matcher.quoteReplacement(userInfo(m.group(2))));
      }
      out =
          BARE_USER_INFO
              .matcher(out)
              .replaceAll(m -> Matcher.quoteReplacement(m.group(1) + ":" + IN_URL + "@"));
    }
    if (out.indexOf('=') >= 0) {
      out = parameters(out);
    }
    return out.indexOf('%') < 0 ? out : encodedUrls(out);
  }

  /**
   * Masks a whole URL in a text, in each form in which an error or a response may quote it: the
   * path of a webhook is its password.
   */
  public static String withoutUrl(URI u, String text) {
    String out = text.replace(u.toString(), WHOLE_URL).replace(url(u), WHOLE_URL);
    if (u.getRawQuery() != null && !u.getRawQuery().isEmpty()) {
      out = out.replace(u.getRawQuery(), WHOLE_URL);
    }
    for (String path : new String[] {u.getRawPath(), u.getPath()}) {
      out = path == null || path.length() < 2 ? out : out.replace(path, WHOLE_URL);
    }
    return text(out);
  }

  private static String userInfo(String user) {
    int colon = user.indexOf(':');
    return "://" + (colon < 0 ? "" : user.substring(0, colon) + ":") + IN_URL + "@";
  }

  /**
   * Masks parameter values. The value of an open parameter is searched as well, because it may be a
   * URL with its own query. Only secret values are read to their end; otherwise many consecutive
   * names would take quadratic time.
   */
  private static String parameters(String s) {
    Matcher m = PARAMETER.matcher(s);
    Matcher value = PARAMETER_VALUE.matcher(s);
    StringBuilder out = new StringBuilder();
    int copied = 0;
    for (int at = 0; m.find(at); ) {
      at = m.end();
      String name = m.group(2);
      boolean secret = m.group(1).isEmpty() ? isSecretKey(name) : isSecretParameter(name);
      if (secret && value.region(at, s.length()).lookingAt()) {
        out.append(s, copied, at).append(IN_URL);
        at = value.end();
        copied = at;
      }
    }
    return out.append(s, copied, s.length()).toString();
  }

  /** Redacts a URL given as a parameter value, such as a probe's target. */
  private static String encodedUrls(String s) {
    String out =
        ENCODED_USER_INFO
            .matcher(s)
            .replaceAll(
                m ->
                    Matcher.quoteReplacement(
                        m.group(1) + (m.group(2) == null ? "" : m.group(2)) + IN_URL + m.group(3)));
    return ENCODED_PARAMETER
        .matcher(out)
        .replaceAll(
            m ->
                Matcher.quoteReplacement(
                    isSecretParameter(m.group(2))
                        ? m.group(1) + m.group(2) + m.group(3) + IN_URL
                        : m.group()));
  }

  /** Whether a query parameter of this name holds a secret. */
  public static boolean isSecretParameter(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return SECRET_WORDS.contains(plain) || SECRET_PART.matcher(plain).find();
  }

  /**
   * Whether a configuration key holds a secret, judging by its name, if no section declares it. An
   * access key is an identifier; the matching secret key is the secret.
   */
  public static boolean isSecretKey(String name) {
    return SECRET_KEY.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }

  /**
   * Masks the values of secret flags in a command line. A configuration given on the command line
   * ({@code --set=KEY=VALUE}, {@code --config=yaml:KEY: VALUE}) may hold a secret under any key, so
   * its values are all masked.
   */
  public static List<String> arguments(List<String> line) {
    List<String> out = new ArrayList<>();
    String before = "";
    for (String a : line) {
      int end = a.indexOf('=');
      boolean isFlag = a.startsWith("-");
      String name = (isFlag ? end < 0 ? a : a.substring(0, end) : before).replaceFirst("^-+", "");
      String value = isFlag ? end < 0 ? "" : a.substring(end + 1) : a;
      out.add(a.substring(0, a.length() - value.length()) + argument(name, value));
      before = isFlag && end < 0 ? a : "";
    }
    return out;
  }

  private static String argument(String name, String value) {
    if (value.isEmpty()) {
      return value;
    }
    int setting = value.indexOf('=');
    if (name.equals("set") && setting >= 0) {
      return value.substring(0, setting + 1) + Secret.MASK;
    }
    if (value.startsWith(INLINE)) {
      return INLINE + Secret.MASK;
    }
    return !name.isEmpty() && isSecretParameter(name) && !name.endsWith("file")
        ? Secret.MASK
        : text(value);
  }

  /** Masks a header value unless the header is known to hold no secret. */
  public static String header(String name, String value) {
    return value.isEmpty() || OPEN_HEADERS.contains(name.toLowerCase(Locale.ROOT))
        ? value
        : Secret.MASK;
  }

  /** Whether a header holds a credential by its name. */
  public static boolean isSecretHeader(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !OPEN_HEADERS.contains(lower)
        && (isSecretParameter(name) || CREDENTIAL_HEADER.matcher(lower).matches());
  }

  /** Whether a header is known to contain no credential. */
  public static boolean isOpenHeader(String name) {
    return OPEN_HEADERS.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Whether a header identifies something, such as a tenant, by its name. */
  public static boolean isIdentifierHeader(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith("id");
  }

  /** Returns discovered labels with secrets in URLs and parameters masked. */
  public static Labels labels(Labels l) {
    LabelsBuilder changed = null;
    for (Labels.Label label : l.toList()) {
      String v = label.value();
      String shown =
          label.name().startsWith(PARAM_LABEL)
                  && isSecretParameter(label.name().substring(PARAM_LABEL.length()))
              ? Secret.MASK
              : text(v);
      if (!shown.equals(v)) {
        changed = changed == null ? l.toBuilder() : changed;
        changed.set(label.name(), shown);
      }
    }
    return changed == null ? l : changed.build();
  }
}
