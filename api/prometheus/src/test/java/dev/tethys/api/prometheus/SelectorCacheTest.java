package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import org.junit.jupiter.api.Test;

class SelectorCacheTest {
  @Test
  void parsesSelectorOnce() {
    String s = "up{job=~\"a.*b\", instance!=\"\"}";
    assertThat(SelectorCache.parse(s)).isEqualTo(PromqlParser.parseMetricSelector(s));
    assertThat(SelectorCache.parse(s)).isSameAs(SelectorCache.parse(s));
  }

  @Test
  void boundsEntriesAndLength() {
    for (int i = 0; i < 3 * SelectorCache.MAX_ENTRIES; i++) {
      assertThat(SelectorCache.parse("metric_" + i)).hasSize(1);
      assertThat(SelectorCache.size()).isLessThanOrEqualTo(SelectorCache.MAX_ENTRIES);
    }
    String longer = "up{job=~\"" + "x".repeat(SelectorCache.MAX_LENGTH) + "\"}";
    assertThat(SelectorCache.parse(longer)).isNotSameAs(SelectorCache.parse(longer));
  }

  @Test
  void rejectsInvalidSelectorEachTime() {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> SelectorCache.parse("up{")).isInstanceOf(PromqlParseException.class);
    }
  }
}
