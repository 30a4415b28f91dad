/** Targets from services of AWS. */
@NullMarked
package dev.tethys.collect.discovery.aws;

import org.jspecify.annotations.NullMarked;
