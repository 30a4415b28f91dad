/** Components of this module. */
@NullMarked
package dev.tethys.contrib.splunk;

import org.jspecify.annotations.NullMarked;
