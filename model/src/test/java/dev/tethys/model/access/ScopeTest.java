package dev.tethys.model.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Matcher;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private static final Matcher JOB = Matcher.equal("job", "api");
  private static final Matcher TEAM = Matcher.equal("team", "a");
  private static final Scope RESTRICTED = new Scope("acme", List.of(TEAM), "jane");

  @Test
  void sharesTheScopeOfTheDefaultTenant() {
    assertThat(Scope.of("fake")).isSameAs(Scope.DEFAULT);
    assertThat(Scope.of("fake", "")).isSameAs(Scope.DEFAULT);
    assertThat(Scope.of("fake", "jane").principal()).isEqualTo("jane");
  }

  @Test
  void keepsSelectorsWithoutPolicy() {
    List<Matcher> selector = List.of(JOB);
    List<List<Matcher>> selectors = List.of(selector);

    assertThat(Scope.DEFAULT.restrict(selector)).isSameAs(selector);
    assertThat(Scope.DEFAULT.restrictAny(selectors)).isSameAs(selectors);
    assertThat(Scope.DEFAULT.restrictAny(List.of())).isEmpty();
  }

  @Test
  void addsThePolicyToEachSelector() {
    assertThat(RESTRICTED.restrict(List.of(JOB))).containsExactly(JOB, TEAM);
    assertThat(RESTRICTED.restrict(List.of())).containsExactly(TEAM);
    assertThat(RESTRICTED.restrictAny(List.of(List.of(JOB), List.of())))
        .containsExactly(List.of(JOB, TEAM), List.of(TEAM));
  }

  @Test
  void restrictsAllDataWithoutSelectors() {
    assertThat(RESTRICTED.restrictAny(List.of())).containsExactly(List.of(TEAM));
  }

  @Test
  void keepsRightsInEachOfSeveralTenants() {
    Scope several = RESTRICTED.in("a|b");

    assertThat(several.hasSeveralTenants()).isTrue();
    assertThat(several.tenants()).containsExactly(RESTRICTED.in("a"), RESTRICTED.in("b"));
    assertThat(RESTRICTED.tenants()).containsExactly(RESTRICTED);
  }

  @Test
  void showsOtherTenantsToTheDefaultTenantOnly() {
    assertThat(Scope.DEFAULT.sees("acme")).isTrue();
    assertThat(RESTRICTED.sees("acme")).isTrue();
    assertThat(RESTRICTED.sees("other")).isFalse();
    assertThat(RESTRICTED.sees(Scope.DEFAULT_TENANT)).isFalse();
  }
}
