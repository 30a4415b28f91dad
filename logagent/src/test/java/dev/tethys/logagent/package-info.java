@NullMarked
package dev.tethys.logagent;

import org.jspecify.annotations.NullMarked;
