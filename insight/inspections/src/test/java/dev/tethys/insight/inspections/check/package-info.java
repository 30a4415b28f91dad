@NullMarked
package dev.tethys.insight.inspections.check;

import org.jspecify.annotations.NullMarked;
