package dev.tethys.collect.discovery;

import org.junit.jupiter.api.Tag;

@Tag("slow")
class CloudsTest extends VendorsTest {
  @Override
  String folder() {
    return "clouds";
  }
}
