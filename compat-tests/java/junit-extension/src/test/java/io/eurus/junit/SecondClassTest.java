package io.eurus.junit;

class SecondClassTest extends SharedByClasses {}
