@NullMarked
package dev.tethys.insight.incidents;

import org.jspecify.annotations.NullMarked;
