package dev.tethys.model.access;

import org.jspecify.annotations.Nullable;

/** Rule for names of tenants, as in Loki's and Mimir's documentation of {@code X-Scope-OrgID}. */
public final class TenantName {
  /** Header and gRPC metadata that names the tenant. */
  public static final String HEADER = "X-Scope-OrgID";

  private static final int MAX_LENGTH = 150;

  private TenantName() {}

  /** Returns the rule violated by a name; null if it is valid. */
  public static @Nullable String problem(String name) {
    if (name.indexOf('|') >= 0) {
      return "'" + name + "'; name one tenant: only queries over logs take several";
    }
    if (name.length() > MAX_LENGTH || !name.chars().allMatch(TenantName::isAllowed)) {
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
