package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Flags for a server with tenants and users. The default of a flag is an environment variable.
 *
 * @param variables prefix of the variables, such as {@code LOKI}
 * @param fallback URL without a flag and a variable
 */
record ServerAddress(String variables, String fallback) {
  List<Flag> flags() {
    return List.of(
        text("addr", "Server address; " + variables + "_ADDR, else " + fallback + "."),
        text("username", "User for basic authentication; " + variables + "_USERNAME."),
        text("password", "Password for basic authentication; " + variables + "_PASSWORD."),
        text("bearer-token", "Token for authentication; " + variables + "_BEARER_TOKEN."),
        text("org-id", "Tenant, sent as X-Scope-OrgID; " + variables + "_ORG_ID."),
        Flag.of("quiet", Flag.Kind.BOOLEAN, "false", "Print no query details. Short: -q."));
  }

  private static Flag text(String name, String about) {
    return Flag.of(name, Flag.Kind.STRING, "", about);
  }

  private String value(Command.Arguments a, String flag, String variable) {
    String v = a.flags().get(flag);
    String env = System.getenv(variables + variable);
    return !v.isEmpty() || env == null ? v : env;
  }

  /** Returns the server URL. */
  String url(Command.Arguments a) {
    String v = value(a, "addr", "_ADDR");
    return v.isEmpty() ? fallback : v;
  }

  /** Headers of each request as {@code NAME=VALUE}. */
  List<String> headers(Command.Arguments a) {
    List<String> out = new ArrayList<>();
    String tenant = value(a, "org-id", "_ORG_ID");
    if (!tenant.isEmpty()) {
      out.add("X-Scope-OrgID=" + tenant);
    }
    String user = value(a, "username", "_USERNAME");
    String token = value(a, "bearer-token", "_BEARER_TOKEN");
    if (!user.isEmpty()) {
      String pair = user + ":" + value(a, "password", "_PASSWORD");
      byte[] b = pair.getBytes(StandardCharsets.UTF_8);
      out.add("Authorization=Basic " + Base64.getEncoder().encodeToString(b));
    } else if (!token.isEmpty()) {
      out.add("Authorization=Bearer " + token);
    }
    return out;
  }

  HttpAccess open(Command.Arguments a) throws IOException {
    return HttpAccess.of(url(a), "", headers(a));
  }
}
