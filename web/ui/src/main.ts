import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';

import { mount } from 'svelte';

import App from './App.svelte';
import { live } from './lib/live.svelte';
import { prefs } from './lib/prefs.svelte';
import { router } from './lib/router.svelte';
import { session } from './lib/session.svelte';

prefs.start();
router.start();
live.start();
void session.load();

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target });
