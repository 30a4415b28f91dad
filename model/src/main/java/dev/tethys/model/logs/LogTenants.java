package dev.tethys.model.logs;

import org.jspecify.annotations.Nullable;

/** Rule for names of tenants, as in Loki's and Mimir's documentation of {@code X-Scope-OrgID}. */
public final class LogTenants {
  /** Header and gRPC metadata that names the tenant. */
  public static final String HEADER = "X-Scope-OrgID";

  private static final int MAX_LENGTH = 150;

  private LogTenants() {}

  /**
   * Tenant that the header of a request names; the default tenant without a header.
   *
   * @throws IllegalArgumentException if the name is not valid, with the name of the header
   */
  public static String ofHeader(@Nullable String value) {
    if (value == null || value.isEmpty()) {
      return LogStore.DEFAULT_TENANT;
    }
    String problem = problem(value);
    if (problem != null) {
      throw new IllegalArgumentException(HEADER + " is " + problem);
    }
    return value;
  }

  /** Rule that a name breaks, null if it is valid. */
  public static @Nullable String problem(String name) {
    if (name.indexOf('|') >= 0) {
      return "'" + name + "'; name one tenant: several are not supported";
    }
    if (name.length() > MAX_LENGTH || !name.chars().allMatch(LogTenants::isAllowed)) {
      return "not valid; it must have at most "
          + MAX_LENGTH
          + " characters of a-z, A-Z, 0-9, !, -, _, ., *, ', (, )";
    }
    return name.equals(".") || name.equals("..") ? "'" + name + "', which is not allowed" : null;
  }

  private static boolean isAllowed(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "!-_.*'()".indexOf(c) >= 0;
  }
}
