package dev.tethys.web.client;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Values of the headers Authorization and Proxy-Authorization of the scheme Basic (RFC 7617). */
public final class BasicCredentials {
  private BasicCredentials() {}

  /** Returns the header of a user, in UTF-8; a colon in the name would belong to the password. */
  public static String header(String user, String password) {
    String both = user + ":" + password;
    return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Returns the header for the user information of a URL: {@code user:password} or {@code user}.
   */
  public static String ofUserInfo(String userInfo) {
    int colon = userInfo.indexOf(':');
    return colon < 0
        ? header(userInfo, "")
        : header(userInfo.substring(0, colon), userInfo.substring(colon + 1));
  }
}
