package dev.tethys.config;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recognizes text that looks like credentials: tokens by their prefix, and random text by the
 * frequency of changes between letters and digits. Names, versions, media types and times are not
 * recognized.
 */
public final class CredentialShape {
  /** Schemes of authentication, which a credential follows. */
  private static final Set<String> SCHEMES =
      Set.of(
          "bearer",
          "basic",
          "digest",
          "negotiate",
          "token",
          "apikey",
          "api-key",
          "api-token",
          "key",
          "splunk",
          "geniekey",
          "sharedkey",
          "dsn");

  /** Tokens with an identifying prefix from their issuer. */
  private static final Pattern PREFIXED =
      Pattern.compile(
          "(?:(?:sk|pk|rk)[-_](?:live|test|ant|proj)?[-_]?|gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-"
              + "|A(?:KIA|SIA)|eyJ|hvs\\.|dt0[a-z][0-9]{2}\\.|NRAK-|NRII-|NRAL|hc[abx]?ik_|glc_|glsa_"
              + "|dop_v1_|lin_api_|SG\\.|AIza|ya29\\.|npm_|pypi-|dapi|shp(?:at|ss|ca)_)"
              + "[A-Za-z0-9+/_.=-]{12,}");

  /** Character in place of an unknown part of a text, such as a reference. */
  public static final String UNKNOWN = "\0";

  /**
   * URLs whose path is a credential, matched by host: Slack, Discord, Microsoft Teams, Telegram,
   * Zapier, IFTTT, Splunk On-Call, Healthchecks and Feishu.
   */
  private static final Pattern WEBHOOK =
      Pattern.compile(
          "(?:https?://)?(?:"
              + "hooks\\.slack(?:-gov)?\\.com/(?:services|workflows|triggers)/[^/]*/[^/]*/"
              + "|(?:[\\w-]+\\.)?discord(?:app)?\\.com/api/(?:v\\d+/)?webhooks/[^/]*/"
              + "|[\\w.-]+\\.webhook\\.office\\.com/[\\w-]+/"
              + "|outlook\\.office(?:365)?\\.com/webhook/"
              + "|api\\.telegram\\.org/(?:file/)?bot"
              + "|hooks\\.zapier\\.com/hooks/catch/[^/]*/"
              + "|maker\\.ifttt\\.com/trigger/[^/]*/(?:json/)?with/key/"
              + "|alert\\.victorops\\.com/integrations/generic/[^/]*/alert/"
              + "|hc-ping\\.com/"
              + "|open\\.(?:feishu\\.cn|larksuite\\.com)/open-apis/bot/v2/hook/"
              + ")\0*[^\0/?#\\s\"'<>\\\\\\[\\]()*^|{}][^\\s\"'<>\\\\\\[\\]()*^|{}]*",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern RUN = Pattern.compile("[A-Za-z0-9+/_.~=-]{16,}");
  private static final Pattern UUID =
      Pattern.compile("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");

  /** Letters and digits that a random text has at least. */
  private static final int LEAST = 16;

  /** Share of neighbors of different kinds from which a text with digits is random. */
  private static final double RANDOM = 0.2;

  /** Variant without digits: names of several words have capitals. */
  private static final double RANDOM_LETTERS = 0.3;

  private static final int LOWER = 1;
  private static final int UPPER = 2;
  private static final int DIGIT = 3;

  private CredentialShape() {}

  /** Whether a word names a scheme of authentication. */
  public static boolean isScheme(String word) {
    return SCHEMES.contains(word.toLowerCase(Locale.ROOT));
  }

  /**
   * Whether a text is a URL of a known service whose path is a credential.
   *
   * @param text string to check, with {@link #UNKNOWN} in place of references
   */
  public static boolean isWebhook(String text) {
    return WEBHOOK.matcher(text.strip()).matches();
  }

  /** Whether a text is a UUID, which may be a credential or an identifier. */
  public static boolean isUuid(String text) {
    return UUID.matcher(text).matches();
  }

  /** Whether a text or part of it looks like a credential. */
  public static boolean isIn(String text) {
    String[] words = text.strip().split("\\s+", 3);
    if (words.length > 1 && isScheme(words[0])) {
      return true;
    }
    if (PREFIXED.matcher(text).find() || UUID.matcher(text).find()) {
      return true;
    }
    Matcher m = RUN.matcher(text);
    while (m.find()) {
      if (isRandom(m.group())) {
        return true;
      }
    }
    return false;
  }

  private static boolean isRandom(String run) {
    int signs = 0;
    int changes = 0;
    int before = 0;
    boolean digits = false;
    for (int i = 0; i < run.length(); i++) {
      int kind = kind(run.charAt(i));
      signs += kind == 0 ? 0 : 1;
      digits |= kind == DIGIT;
      boolean capital = before == UPPER && kind == LOWER; // as words have them
      changes += kind != 0 && before != 0 && kind != before && !capital ? 1 : 0;
      before = kind;
    }
    return signs >= LEAST && changes >= (digits ? RANDOM : RANDOM_LETTERS) * signs;
  }

  private static int kind(char c) {
    return c >= 'a' && c <= 'z'
        ? LOWER
        : c >= 'A' && c <= 'Z' ? UPPER : c >= '0' && c <= '9' ? DIGIT : 0;
  }
}
