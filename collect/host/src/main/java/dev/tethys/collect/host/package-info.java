/**
 * What this machine says about itself, under the names that node_exporter gave it, and what this
 * process says about itself.
 */
@NullMarked
package dev.tethys.collect.host;

import org.jspecify.annotations.NullMarked;
