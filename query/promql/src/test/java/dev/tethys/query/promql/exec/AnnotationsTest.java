package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnnotationsTest {
  @Test
  void includesStoreWarningsOfTheRead() {
    Annotations a = new Annotations();
    List<String> ofStore = new ArrayList<>();
    a.storage(ofStore);
    assertThat(a.isEmpty()).isTrue();
    assertThat(a.warnings("m")).isEmpty();
    ofStore.add("a block is damaged");
    assertThat(a.isEmpty()).isFalse();
    assertThat(a.warnings("m")).containsExactly("a block is damaged");
    a.clear();
    assertThat(a.isEmpty()).isTrue();
  }
}
