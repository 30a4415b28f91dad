package dev.tethys.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.access.Scope;
import dev.tethys.model.access.TenantName;
import java.lang.reflect.Proxy;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestScopeTest {
  private static HttpRequest request(@Nullable String tenant, @Nullable String user) {
    return (HttpRequest)
        Proxy.newProxyInstance(
            HttpRequest.class.getClassLoader(),
            new Class<?>[] {HttpRequest.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "user" -> user;
                  case "header" -> TenantName.HEADER.equals(args[0]) ? tenant : null;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static Scope of(@Nullable String tenant) {
    return RequestScope.of(request(tenant, null));
  }

  @Test
  void usesTheDefaultTenantWithoutHeader() {
    assertThat(of(null)).isSameAs(Scope.DEFAULT);
    assertThat(of("")).isSameAs(Scope.DEFAULT);
    assertThat(RequestScope.ofSeveral(request(null, null))).isSameAs(Scope.DEFAULT);
  }

  @Test
  void usesTenantAndUserOfTheRequest() {
    assertThat(RequestScope.of(request("acme", "jane"))).isEqualTo(Scope.of("acme", "jane"));
    assertThat(RequestScope.of(request(null, "jane")).principal()).isEqualTo("jane");
  }

  @Test
  void sortsSeveralTenants() {
    assertThat(RequestScope.ofSeveral(request("b|a|b", null)).tenant()).isEqualTo("a|b");
    assertThat(of("a|a")).isEqualTo(Scope.of("a"));
  }

  @Test
  void rejectsSeveralTenantsWhereOneIsRequired() {
    assertThatThrownBy(() -> of("a|b"))
        .isInstanceOfSatisfying(HttpException.class, e -> assertThat(e.status()).isEqualTo(400))
        .hasMessage(
            "multiple org IDs present: X-Scope-OrgID is 'a|b'; name one tenant: only queries over"
                + " logs take several");
  }

  @Test
  void rejectsInvalidNames() {
    assertThatThrownBy(() -> of("a/b"))
        .isInstanceOf(HttpException.class)
        .hasMessageStartingWith("X-Scope-OrgID is not valid; it must have at most 150 characters");
    assertThatThrownBy(() -> of("..")).hasMessage("X-Scope-OrgID is '..', which is not allowed");
    assertThatThrownBy(() -> of("a|")).hasMessageContaining("X-Scope-OrgID is empty");
  }

  @Test
  void rejectsTooManyTenants() {
    String names = IntStream.range(0, 101).mapToObj(i -> "t" + i).collect(Collectors.joining("|"));

    assertThatThrownBy(() -> RequestScope.ofSeveral(request(names, null)))
        .hasMessage("X-Scope-OrgID names 101 tenants; the limit is 100");
  }
}
