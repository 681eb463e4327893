import { Toast } from '@base-ui/react/toast';
import { useEffect } from 'react';
import { t } from '../i18n/t.ts';
import { Button, IconButton } from './button.tsx';
import styles from './toast.module.css';
import { type ToastRequest, toastRequests } from './toast.tsx';

const DEFAULT_TIMEOUT_MS = 6_000;

const manager = Toast.createToastManager();

/** Where messages appear. */
export function MessageArea() {
  useEffect(() => toastRequests.follow(show), []);
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport} aria-label={t('ui.notifications')}>
          <Messages />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function show({ title, description, isError = false, action, timeoutMs, closer }: ToastRequest): void {
  const id = manager.add({
    title,
    description,
    type: isError ? 'error' : 'message',
    priority: isError ? 'high' : 'low',
    timeout: timeoutMs ?? (isError ? 0 : DEFAULT_TIMEOUT_MS),
    ...(action !== undefined && { actionProps: { children: action.label, onClick: action.run } }),
  });
  closer.close = () => manager.close(id);
}

function Messages() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast} swipeDirection={['down', 'right']}>
      <Toast.Content className={styles.content}>
        <div className={styles.text}>
          <Toast.Title className={styles.title} />
          <Toast.Description className={styles.description} />
        </div>
        {toast.actionProps !== undefined && <Toast.Action render={<Button />} />}
        <Toast.Close render={<IconButton icon="close" name={t('ui.close')} />} />
      </Toast.Content>
    </Toast.Root>
  ));
}
