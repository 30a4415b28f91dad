package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class CrossSiteGuardTest {
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9.]+|\\[[0-9a-f:.]+]|[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*");

  @Test
  void addressesMatchTheExpression() {
    Random random = new Random(11);
    String letters = "09.af:[]gx";
    for (int i = 0; i < 200_000; i++) {
      StringBuilder host = new StringBuilder();
      for (int n = random.nextInt(9); n > 0; n--) {
        host.append(letters.charAt(random.nextInt(letters.length() - random.nextInt(7))));
      }
      String s = host.toString();
      assertThat(CrossSiteGuard.isAddress(s)).as(s).isEqualTo(ADDRESS.matcher(s).matches());
    }
  }
}
