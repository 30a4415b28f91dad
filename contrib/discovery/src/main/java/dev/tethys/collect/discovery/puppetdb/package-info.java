/** Targets from queries of PuppetDB. */
@NullMarked
package dev.tethys.collect.discovery.puppetdb;

import org.jspecify.annotations.NullMarked;
