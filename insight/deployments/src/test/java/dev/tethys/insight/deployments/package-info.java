@NullMarked
package dev.tethys.insight.deployments;

import org.jspecify.annotations.NullMarked;
