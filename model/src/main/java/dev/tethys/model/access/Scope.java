package dev.tethys.model.access;

import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Data that a caller may read and write. A scope is resolved once for a request, a rule group or a
 * batch, and passed to every store. Only {@link #DEFAULT} and tenant scopes are created until
 * access is configured: {@code policy} is empty then and costs nothing.
 *
 * @param tenant owner of the data; in queries over logs also several, separated by {@link
 *     #SEPARATOR}
 * @param policy matchers that the labels of all visible data meet; stores add them to each selector
 * @param principal authenticated user; empty if there is none
 */
public record Scope(String tenant, List<Matcher> policy, String principal) {
  /** Tenant of requests that name none. */
  public static final String DEFAULT_TENANT = "fake";

  /** Separator between tenants. */
  public static final String SEPARATOR = "|";

  /** All data of the default tenant, for no authenticated user. */
  public static final Scope DEFAULT = new Scope(DEFAULT_TENANT, List.of(), "");

  public Scope {
    policy = List.copyOf(policy);
  }

  /** All data of a tenant, for no authenticated user. */
  public static Scope of(String tenant) {
    return of(tenant, "");
  }

  /** All data of a tenant, for a user. */
  public static Scope of(String tenant, String principal) {
    return tenant.equals(DEFAULT_TENANT) && principal.isEmpty()
        ? DEFAULT
        : new Scope(tenant, List.of(), principal);
  }

  /** The same rights in another tenant. */
  public Scope in(String another) {
    return another.equals(tenant) ? this : new Scope(another, policy, principal);
  }

  /** Whether the tenant is the default tenant. */
  public boolean isDefaultTenant() {
    return tenant.equals(DEFAULT_TENANT);
  }

  /** Whether several tenants are named. */
  public boolean hasSeveralTenants() {
    return tenant.contains(SEPARATOR);
  }

  /** Scopes of the named tenants, one each. */
  public List<Scope> tenants() {
    return hasSeveralTenants()
        ? Arrays.stream(tenant.split("\\|", -1)).map(this::in).toList()
        : List.of(this);
  }

  /**
   * Whether the activity of a tenant, such as its queries, is visible. The default tenant is the
   * operator's and sees all; others see only their own.
   */
  public boolean sees(String another) {
    return isDefaultTenant() || tenant.equals(another);
  }

  /** Matchers of a selector and of the policy. */
  public List<Matcher> restrict(List<Matcher> selector) {
    if (policy.isEmpty()) {
      return selector;
    }
    List<Matcher> out = new ArrayList<>(selector);
    out.addAll(policy);
    return out;
  }

  /** Variant for selectors, any of which must match; no selectors match everything. */
  public List<List<Matcher>> restrictAny(List<List<Matcher>> selectors) {
    if (policy.isEmpty()) {
      return selectors;
    }
    return selectors.isEmpty() ? List.of(policy) : selectors.stream().map(this::restrict).toList();
  }
}
