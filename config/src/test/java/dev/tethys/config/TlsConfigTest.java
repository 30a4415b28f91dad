package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TlsConfigTest {
  private static Object[] values() {
    return Stream.of(TlsConfig.class.getRecordComponents())
        .map(c -> value(c.getType(), "a", TlsConfig.TlsVersion.values()[0], false))
        .toArray();
  }

  private static Object value(Class<?> type, String text, Object version, boolean flag) {
    return type == String.class
        ? new StringBuilder(text).toString()
        : type == Secret.class
            ? new Secret(new StringBuilder(text).toString())
            : type == boolean.class ? flag : type == List.class ? List.of(text) : version;
  }

  @Test
  void equalityIncludesAllComponents() throws Exception {
    RecordComponent[] all = TlsConfig.class.getRecordComponents();
    Constructor<TlsConfig> make =
        TlsConfig.class.getDeclaredConstructor(
            Stream.of(all).map(RecordComponent::getType).toArray(Class<?>[]::new));
    TlsConfig one = make.newInstance(values());
    assertThat(make.newInstance(values())).isEqualTo(one).hasSameHashCodeAs(one);
    assertThat(one).isNotEqualTo(null);
    for (int i = 0; i < all.length; i++) {
      Object[] other = values();
      other[i] = value(all[i].getType(), "b", TlsConfig.TlsVersion.values()[1], true);
      assertThat(make.newInstance(other)).as(all[i].getName()).isNotEqualTo(one);
    }
  }
}
