package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class PowersOfTenTest {
  @Test
  void everyPowerMatchesBigInteger() {
    for (int e = PowersOfTen.MIN; e <= PowersOfTen.MAX; e++) {
      BigInteger power = BigInteger.TEN.pow(Math.abs(e));
      int bits = power.bitLength();
      BigInteger top =
          e >= 0
              ? power.shiftLeft(128).shiftRight(bits)
              : BigInteger.ONE.shiftLeft(127 + bits).divide(power);
      // 1 / 10^0 would be the one power of two that is not below its own bits.
      assertThat(top.bitLength()).isEqualTo(128);
      assertThat(PowersOfTen.high(e)).as("10^%s", e).isEqualTo(top.shiftRight(64).longValue());
      assertThat(PowersOfTen.low(e)).as("10^%s", e).isEqualTo(top.longValue());
    }
  }
}
