package dev.tethys.collect.database.postgres;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Address of the primary server in the setting {@code primary_conninfo} of a standby.
 *
 * @param host empty if unknown
 * @param port empty for the default
 */
record PrimaryAddress(String host, String port) {
  private static final String VALUE = "\\s*=[\\s']*([^\\s']{1,255})";
  private static final Pattern HOST = Pattern.compile("\\bhost" + VALUE);
  private static final Pattern HOST_ADDRESS = Pattern.compile("\\bhostaddr" + VALUE);
  private static final Pattern PORT = Pattern.compile("\\bport" + VALUE);

  /** Reads both forms of the setting; other parts of it, such as the password, are ignored. */
  static PrimaryAddress parse(String setting) {
    if (setting.startsWith("postgres://") || setting.startsWith("postgresql://")) {
      String rest = setting.substring(setting.indexOf("://") + 3);
      String authority = rest.split("[/?]", 2)[0];
      String place = authority.substring(authority.lastIndexOf('@') + 1);
      int bracket = place.indexOf(']');
      int colon = place.lastIndexOf(':');
      boolean hasPort = colon > bracket && colon >= 0;
      String host = hasPort ? place.substring(0, colon) : place;
      return new PrimaryAddress(
          host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host,
          hasPort ? place.substring(colon + 1) : "");
    }
    String host = find(HOST, setting);
    return new PrimaryAddress(
        host.isEmpty() ? find(HOST_ADDRESS, setting) : host, find(PORT, setting));
  }

  private static String find(Pattern p, String s) {
    Matcher m = p.matcher(s);
    return m.find() ? m.group(1) : "";
  }
}
