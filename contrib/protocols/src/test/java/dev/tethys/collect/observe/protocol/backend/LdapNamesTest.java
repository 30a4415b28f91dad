package dev.tethys.collect.observe.protocol.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LdapNamesTest {
  @Test
  void namesKeepOnlyTheirStructure() {
    assertThat(LdapNames.name("uid=jdoe,ou=People,dc=example,dc=com"))
        .isEqualTo("uid=?,ou=People,dc=example,dc=com");
    assertThat(LdapNames.name("cn=Before\\0DAfter+uid=x\\,ou=y,O=Test;C=GB"))
        .isEqualTo("cn=?+uid=?,O=Test,C=GB");
    assertThat(LdapNames.name("cn=\"a,ou=b\",dc=x")).isEqualTo("cn=?,dc=x");
    assertThat(LdapNames.name("1.3.6.1.4.1.1466.0=#04024869")).isEqualTo("1.3.6.1.4.1.1466.0=?");
    assertThat(LdapNames.name("DOMAIN\\user")).isEqualTo("?");
    assertThat(LdapNames.name("cn=x\\")).isEqualTo("cn=?");
    assertThat(LdapNames.name("")).isEmpty();
    assertThat(LdapNames.name("ou=" + "x".repeat(100) + ",dc=y")).isEqualTo("ou=?,dc=y");
    assertThat(LdapNames.name("a=b,".repeat(5000)).length()).isLessThan(300);
  }
}
