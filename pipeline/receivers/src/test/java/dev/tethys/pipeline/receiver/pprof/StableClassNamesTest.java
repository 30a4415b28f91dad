package dev.tethys.pipeline.receiver.pprof;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StableClassNamesTest {
  @ParameterizedTest
  @CsvSource({
    "java/lang/String, java/lang/String",
    "shop/Cart$$Lambda$669.0x0000000800fd7318, shop/Cart$$Lambda_",
    "shop/Cart$$Lambda$14/0x000000080 0c0, shop/Cart$$Lambda_",
    "shop/Cart$$Lambda.0x00007ffa600c4da0, shop/Cart$$Lambda_",
    "jdk/internal/reflect/GeneratedMethodAccessor31, jdk/internal/reflect/GeneratedMethodAccessor_",
    "sun/reflect/GeneratedConstructorAccessor2, sun/reflect/GeneratedConstructorAccessor_",
    "shop/reflect/GeneratedMethodAccessor31, shop/reflect/GeneratedMethodAccessor31",
    "libjvm.so, libjvm.so",
    "libc-2.31.so, libc-2.31.so",
    "libzstd-jni-1.5.1-16931311898282279136.so, libzstd-jni-_.so",
    "./tmp/libamazonCorrettoCryptoProvider109b39cf33c563eb.so (deleted), "
        + "libamazonCorrettoCryptoProvider_.so",
    "libasyncProfiler-linux-x64-17b9a1d8156277a98ccc871afa9a8f69215f92.so, libasyncProfiler_.so"
  })
  void removesProcessSpecificNumbers(String name, String stable) {
    assertThat(StableClassNames.of(name)).isEqualTo(stable);
  }
}
