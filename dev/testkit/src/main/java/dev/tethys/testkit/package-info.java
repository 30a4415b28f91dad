/**
 * Parts shared by the tests of several modules: contract suites, conformance data, peers, clocks
 * and loopback servers. On no product class path.
 */
@NullMarked
package dev.tethys.testkit;

import org.jspecify.annotations.NullMarked;
