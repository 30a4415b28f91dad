package dev.tethys.collect.discovery;

class CloudsTest extends VendorsTest {
  @Override
  String folder() {
    return "clouds";
  }
}
