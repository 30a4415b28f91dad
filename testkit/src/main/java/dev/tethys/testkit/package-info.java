/**
 * What tests of several rooms share: contract suites, conformance data, real peers, clocks and
 * loopback servers. On no product class path.
 */
@NullMarked
package dev.tethys.testkit;

import org.jspecify.annotations.NullMarked;
